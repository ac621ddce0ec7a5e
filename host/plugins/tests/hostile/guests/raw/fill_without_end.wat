;; Fills its memory in single instructions that each take long.

(func $act (result i32)
  (drop (memory.grow 0 (i32.const 200)))
  (loop $again
    (memory.fill 0 (i32.const 65536) (i32.const 7) (i32.const 13000000))
    (br $again))
  unreachable)
