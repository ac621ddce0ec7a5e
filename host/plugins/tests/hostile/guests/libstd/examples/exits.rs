//! Ends the process that it is in.

use hostile_libstd::*;

struct Guest;

impl Hostile for Guest {
    fn act() -> String {
        std::process::exit(0)
    }
}

guest!(Guest);
