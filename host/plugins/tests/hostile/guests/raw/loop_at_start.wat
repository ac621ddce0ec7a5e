;; Never gets to the end of its beginning.

(func $first (loop $again (br $again)))
(start $first)
