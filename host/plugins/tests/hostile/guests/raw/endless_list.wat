;; Says that its list has more items than memory has bytes.

(func $act (result i32)
  (i32.store (i32.const 196) (i32.const 0x7fffffff))
  (i32.const 192))
