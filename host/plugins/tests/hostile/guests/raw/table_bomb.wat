;; Grows a table until somebody says no, and dies of it.

(table $t 1 funcref)
(func $act (result i32)
  (loop $more
    (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const 100000)) (i32.const -1))))
  unreachable)
