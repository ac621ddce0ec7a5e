//! Writes to its standard error until somebody ends it.

use hostile_libstd::*;

struct Guest;

impl Hostile for Guest {
    fn act() -> String {
        loop {
            eprintln!("{}", "blah ".repeat(1000));
        }
    }
}

guest!(Guest);
