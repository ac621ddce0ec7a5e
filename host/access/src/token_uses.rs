//! The last use of each token, kept in memory between two writes.

use jackfield_types::{Timestamp, TokenId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::Duration;

/// The last recorded use of each token.
#[derive(Default)]
pub struct Uses(Mutex<HashMap<TokenId, Timestamp>>);

impl Uses {
    /// Notes a use at `now`. Returns whether it must be recorded: the last recorded one is older than `interval`.
    pub fn note(&self, token: TokenId, now: Timestamp, interval: Duration) -> bool {
        let mut recorded = self.0.lock();
        let recent = |at: &Timestamp| now.duration_since(*at).unsigned_abs() < interval;
        if recorded.get(&token).is_some_and(recent) {
            return false;
        }
        recorded.insert(token, now);
        true
    }
}
