;; Has the right names and nothing behind them.

(component
  (instance $i)
  (export "jackfield:plugin/about@1.0.0" (instance $i))
  (export "jackfield:plugin/choosing@1.0.0" (instance $i)))
