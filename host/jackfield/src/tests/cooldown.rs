//! Cooldowns of executors and rungs.

use jackfield_config::Config;
use jackfield_runs::selection::cooldown::LONGEST_REST;
use jackfield_types::{Failure, FailureClass};

#[tokio::test]
async fn rung_in_cooldown_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let ladder = "[[ladder]]\nname = 'far'\nexecutor = 'shell'\ntier = 'light'";
    let config: Config = toml::from_str(ladder).unwrap();
    let builder = super::builder(folder.path()).config(config).environment([]).watch(false);
    let host = builder.open().await.unwrap();
    let warned = async || host.status().orchestrator().await.unwrap().warnings.join("; ");
    assert!(!warned().await.contains("rests"), "{}", warned().await);
    let failure = Failure::new(FailureClass::RateLimited, "too many requests");
    host.inner.runs.cooldowns.rest_after("shell", "far", &failure).await;
    assert!(warned().await.contains("the rung 'far' rests until 20"), "{}", warned().await);
    let forever = Failure { retry_after_ms: Some(u64::MAX), ..failure };
    host.inner.runs.cooldowns.rest_after("shell", "far", &forever).await;
    host.inner.runs.cooldowns.rest("far", Some(253_402_300_799_999), "rate_limited").await;
    let latest = host.inner.clock.now().checked_add(LONGEST_REST).unwrap();
    assert!(
        host.inner.runs.cooldowns.resting().await.unwrap()["far"] <= latest,
        "the requested end is in the year 9999, past the longest cooldown"
    );
    host.shutdown().await;
}
