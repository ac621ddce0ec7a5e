;; Calls a function that is not there.

(table $t 1 funcref)
(type $plain (func (result i32)))
(func $act (result i32) (call_indirect $t (type $plain) (i32.const 0)))
