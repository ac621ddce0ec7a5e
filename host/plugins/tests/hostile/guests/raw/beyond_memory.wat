;; Has its answer begin beyond its memory.

(func $act (result i32) (i32.const 0x7ffffff0))
