//! Executors that rest because their provider asked for it. Every process on the data folder knows.

use crate::selection::health_cache::HealthCache;
use jackfield_store::{Cooldown, Store};
use jackfield_types::{Clock, Failure, FailureClass, Problem, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How long an executor rests after a rate limit that names no time.
const REST: Duration = Duration::from_secs(60);
/// Longest that one rests: limits of providers begin anew within a month.
pub const LONGEST_REST: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// Executors that are not used until a time.
pub struct Cooldowns {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) health: Arc<HealthCache>,
}

impl Cooldowns {
    /// Who rests now, by executor or rung, and until when.
    pub async fn resting(&self) -> Result<HashMap<String, Timestamp>, Problem> {
        let resting = self.store.cooldowns().list().await?;
        Ok(resting.into_iter().map(|cooldown| (cooldown.name, cooldown.until)).collect())
    }

    /// Rests an executor or a rung until the time that its provider gave, in milliseconds since the epoch.
    pub async fn rest(&self, name: &str, until: Option<u64>, why: &str) {
        let given =
            until.and_then(|at| i64::try_from(at).ok()).and_then(|at| Timestamp::from_millisecond(at).ok());
        let now = self.clock.now();
        let Some(until) = given.or_else(|| now.checked_add(REST).ok()) else { return };
        // A program that made the time up is not to keep its executor from working for ever.
        let until = now.checked_add(LONGEST_REST).map_or(until, |latest| until.min(latest));
        let cooldown = Cooldown { name: name.to_owned(), until, why: why.to_owned() };
        if let Err(error) = self.store.cooldowns().begin(cooldown).await {
            tracing::warn!(name, %error, "a rest is not on record");
        }
    }

    /// Rests it after a failure for want of capacity; a failed login is looked at anew.
    pub async fn rest_after(&self, executor: &str, name: &str, failure: &Failure) {
        match failure.class {
            FailureClass::RateLimited | FailureClass::Overloaded => {
                let wait = failure.retry_after_ms.map_or(REST, Duration::from_millis);
                let until = self.clock.now().checked_add(wait).ok();
                self.rest(name, until.map(jackfield_core::moment::milliseconds), failure.class.as_str())
                    .await;
            }
            FailureClass::AuthFailure => self.health.forget(executor),
            _ => {}
        }
    }
}
