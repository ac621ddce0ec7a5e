//! Looks for what tells this machine and this moment from others.

use hostile_libstd::*;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

struct Guest;

impl Hostile for Guest {
    fn act() -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis());
        let begun = Instant::now();
        (0..1_000_000_u64).fold(0, |all, one| std::hint::black_box(all ^ one));
        format!(
            "environment {} arguments {} now {now} passed {} random {:x}",
            std::env::vars().count(),
            std::env::args().count(),
            begun.elapsed().as_nanos(),
            RandomState::new().build_hasher().finish(),
        )
    }
}

guest!(Guest);
