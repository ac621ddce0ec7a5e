;; Hides half of what it takes in a second memory.

(memory $other 1)
(func $act (result i32)
  (loop $more
    (drop (memory.grow 0 (i32.const 16)))
    (br_if $more (i32.ne (memory.grow $other (i32.const 16)) (i32.const -1))))
  unreachable)
