;; Begins with a table that takes more memory than it may have.

(table 100000000 funcref)
