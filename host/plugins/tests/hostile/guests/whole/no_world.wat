;; Is nothing that the host knows.

(component
  (instance $i)
  (export "acme:plugin/choosing@1.0.0" (instance $i)))
