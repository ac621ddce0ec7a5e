;; Gives a reason that is no text.

(func $act (result i32)
  (i32.store (i32.const 216) (i32.const 1024))
  (i32.const 192))
(data (i32.const 1024) "\ff\fe\c3\28 not text")
