;; Does not say who it is.

(component
  (instance $i)
  (export "jackfield:plugin/choosing@1.0.0" (instance $i)))
