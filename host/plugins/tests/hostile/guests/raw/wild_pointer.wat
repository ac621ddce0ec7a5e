;; Has its reason lie beyond its memory.

(func $act (result i32)
  (i32.store (i32.const 216) (i32.const 0xfffffff0))
  (i32.store (i32.const 220) (i32.const 100))
  (i32.const 192))
