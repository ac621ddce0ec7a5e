;; Says who it is with a number.

(component
  (core module $m (func (export "f") (result i32) (i32.const 7)))
  (core instance $c (instantiate $m))
  (func $f (result u32) (canon lift (core func $c "f")))
  (instance $i (export "identify" (func $f)))
  (instance $e)
  (export "jackfield:plugin/about@1.0.0" (instance $i))
  (export "jackfield:plugin/choosing@1.0.0" (instance $e)))
