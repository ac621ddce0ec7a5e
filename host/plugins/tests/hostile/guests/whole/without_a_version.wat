;; Does not say for which contract it was built.

(component
  (instance $i)
  (export "jackfield:plugin/about" (instance $i))
  (export "jackfield:plugin/choosing" (instance $i)))
