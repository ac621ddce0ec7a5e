;; Wants a WASI that this host does not link.

(component
  (import "wasi:cli/environment@0.3.0" (instance))
  (instance $i)
  (export "jackfield:plugin/about@1.0.0" (instance $i))
  (export "jackfield:plugin/choosing@1.0.0" (instance $i)))
