;; Was built for a contract that is not written yet.

(component
  (instance $i)
  (export "jackfield:plugin/about@2.0.0" (instance $i))
  (export "jackfield:plugin/choosing@2.0.0" (instance $i)))
