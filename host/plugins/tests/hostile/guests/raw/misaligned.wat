;; Has its answer begin between two words.

(func $act (result i32) (i32.const 193))
