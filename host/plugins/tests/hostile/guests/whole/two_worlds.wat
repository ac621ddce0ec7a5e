;; Is a chooser and a judge at once.

(component
  (instance $i)
  (export "jackfield:plugin/about@1.0.0" (instance $i))
  (export "jackfield:plugin/choosing@1.0.0" (instance $i))
  (export "jackfield:plugin/judging@1.0.0" (instance $i)))
