//! Executors that rest because their provider asked for it. Every process on the data folder knows.

use super::health_cache::HealthCache;
use jackfield_store::{Cooldown, Store};
use jackfield_types::{Clock, Failure, FailureClass, Problem, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How long an executor rests after a rate limit that names no time.
const REST: Duration = Duration::from_secs(60);
/// Longest that one rests: limits of providers begin anew within a month.
const LONGEST_REST: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// Executors that are not used until a time.
pub(crate) struct Cooldowns {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: Store,
    pub(super) health: Arc<HealthCache>,
}

impl Cooldowns {
    /// Who rests now, by executor or rung, and until when.
    pub(crate) async fn resting(&self) -> Result<HashMap<String, Timestamp>, Problem> {
        let resting = self.store.cooldowns().list().await?;
        Ok(resting.into_iter().map(|cooldown| (cooldown.name, cooldown.until)).collect())
    }

    /// Rests an executor or a rung until the time that its provider gave, in milliseconds since the epoch.
    pub(crate) async fn rest(&self, name: &str, until: Option<u64>, why: &str) {
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
    pub(crate) async fn rest_after(&self, executor: &str, name: &str, failure: &Failure) {
        match failure.class {
            FailureClass::RateLimited | FailureClass::Overloaded => {
                let wait = failure.retry_after_ms.map_or(REST, Duration::from_millis);
                let until = self.clock.now().checked_add(wait).ok();
                self.rest(name, until.map(super::decisions::milliseconds), failure.class.as_str()).await;
            }
            FailureClass::AuthFailure => self.health.forget(executor),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Host;
    use jackfield_config::Config;
    use jackfield_types::{Failure, FailureClass};

    #[tokio::test]
    async fn a_rung_that_rests_is_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let ladder = "[[ladder]]\nname = 'far'\nexecutor = 'shell'\ntier = 'light'";
        let config: Config = toml::from_str(ladder).unwrap();
        let builder = Host::builder(folder.path()).config(config).environment([]).watch(false);
        let host = builder.open().await.unwrap();
        let warned = async || host.status().orchestrator().await.unwrap().warnings.join("; ");
        assert!(!warned().await.contains("rests"), "{}", warned().await);
        let failure = Failure::new(FailureClass::RateLimited, "too many requests");
        host.inner.cooldowns.rest_after("shell", "far", &failure).await;
        assert!(warned().await.contains("the rung 'far' rests until 20"), "{}", warned().await);
        let forever = Failure { retry_after_ms: Some(u64::MAX), ..failure };
        host.inner.cooldowns.rest_after("shell", "far", &forever).await;
        host.inner.cooldowns.rest("far", Some(253_402_300_799_999), "rate_limited").await;
        let latest = host.inner.clock.now().checked_add(super::LONGEST_REST).unwrap();
        assert!(
            host.inner.cooldowns.resting().await.unwrap()["far"] <= latest,
            "it was told to rest until the year 9999"
        );
        host.shutdown().await;
    }
}
