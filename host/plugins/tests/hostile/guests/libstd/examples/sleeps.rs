//! Goes to sleep.

use hostile_libstd::*;

struct Guest;

impl Hostile for Guest {
    fn act() -> String {
        std::thread::sleep(std::time::Duration::from_secs(3600));
        "well rested".to_string()
    }
}

guest!(Guest);
