;; Wants rows of a database that nobody has.

(component
  (import "acme:db/rows" (instance))
  (instance $i)
  (export "jackfield:plugin/about@1.0.0" (instance $i))
  (export "jackfield:plugin/choosing@1.0.0" (instance $i)))
