//! Cached results of health probes.

use jackfield_plugins::facts::driving;
use jackfield_types::Timestamp;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::Duration;

/// How long a result is valid.
const FRESH: Duration = Duration::from_secs(120);

/// The result and the time of each executor's last probe.
#[derive(Debug, Default)]
pub struct HealthCache(Mutex<HashMap<String, (Timestamp, driving::Health)>>);

impl HealthCache {
    pub(crate) fn fresh(&self, executor: &str, now: Timestamp) -> Option<driving::Health> {
        let known = self.0.lock();
        let (at, health) = known.get(executor)?;
        let age = now.as_millisecond().saturating_sub(at.as_millisecond());
        (u128::try_from(age).is_ok_and(|age| age < FRESH.as_millis())).then(|| health.clone())
    }

    pub(crate) fn keep(&self, executor: &str, now: Timestamp, health: &driving::Health) {
        self.0.lock().insert(executor.to_owned(), (now, health.clone()));
    }

    /// Drops a result, so that the next request probes again.
    pub fn forget(&self, executor: &str) {
        self.0.lock().remove(executor);
    }
}
