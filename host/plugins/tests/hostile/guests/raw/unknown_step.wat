;; Answers with a case that a variant does not have.

(func $step (result i32)
  (i32.store8 (i32.const 240) (i32.const 77))
  (i32.const 240))
