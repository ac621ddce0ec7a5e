;; Dies at birth.

(func $first unreachable)
(start $first)
