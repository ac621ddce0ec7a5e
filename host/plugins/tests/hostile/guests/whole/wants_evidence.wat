;; Is a chooser, and wants to look at worktrees.

(component
  (import "jackfield:plugin/evidence@1.0.0" (instance))
  (instance $i)
  (export "jackfield:plugin/about@1.0.0" (instance $i))
  (export "jackfield:plugin/choosing@1.0.0" (instance $i)))
