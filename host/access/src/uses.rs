//! The last use of each token and of each session, kept in memory between two writes.

use jackfield_types::Timestamp;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// The last recorded use of each thing with such an id.
pub struct Uses<K>(Mutex<HashMap<K, Timestamp>>);

impl<K> Default for Uses<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Uses<K> {
    /// Notes a use at `now`. Returns whether it must be recorded: the last recorded one is older than `interval`.
    pub fn note(&self, id: K, now: Timestamp, interval: Duration) -> bool {
        let mut recorded = self.0.lock();
        let recent = |at: &Timestamp| now.duration_since(*at).unsigned_abs() < interval;
        if recorded.get(&id).is_some_and(recent) {
            return false;
        }
        recorded.insert(id, now);
        true
    }
}
