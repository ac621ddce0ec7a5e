;; Wants to talk to the world.

(component
  (import "wasi:http/outgoing-handler@0.2.6" (instance))
  (instance $i)
  (export "jackfield:plugin/about@1.0.0" (instance $i))
  (export "jackfield:plugin/choosing@1.0.0" (instance $i)))
