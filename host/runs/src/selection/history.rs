//! What became of tasks like one: what a chooser knows of each executor and model.

use crate::admission::resolved_request::Order;
use crate::selection::ladder;
use jackfield_store::Store;
use jackfield_types::{Micros, Problem, Timestamp};
use std::collections::HashMap;
use std::time::Duration;

/// Recent work: for the usage share that a chooser aims at.
const RECENT: Duration = Duration::from_secs(24 * 60 * 60);

/// What became of like tasks, by executor and model.
pub(crate) struct History {
    stats: HashMap<(String, Option<String>), jackfield_store::ModelStats>,
    shares: HashMap<(String, Option<String>), u16>,
}

#[derive(Default)]
pub(crate) struct Past {
    pub(crate) attempts: u32,
    pub(crate) succeeded: u32,
    pub(crate) verified: u32,
    pub(crate) mean_cost: Option<Micros>,
    pub(crate) mean_latency: Option<u64>,
    pub(crate) share: u16,
}

impl History {
    pub(crate) async fn read(store: &Store, order: &Order, now: Timestamp) -> Result<Self, Problem> {
        let stats = store.stats().by_model(Some(&order.task_type), order.language.as_deref()).await?;
        let since = now.checked_sub(RECENT).unwrap_or(Timestamp::UNIX_EPOCH);
        let shares = store.stats().usage_share(since).await?;
        Ok(Self {
            stats: stats
                .into_iter()
                .map(|stats| ((stats.executor.clone(), stats.model.clone()), stats))
                .collect(),
            shares: shares
                .into_iter()
                .map(|share| ((share.executor, share.model), share.thousandths))
                .collect(),
        })
    }

    /// Programs report the model that they were asked for with the day of its release: that is the same one.
    pub(crate) fn of(&self, executor: &str, model: Option<&str>) -> Past {
        let is_its = |(of, its): &(String, Option<String>)| {
            of == executor
                && match (model, its) {
                    (Some(model), Some(its)) => ladder::is_same(model, its),
                    (None, None) => true,
                    _ => false,
                }
        };
        let shares = self.shares.iter().filter(|(key, _)| is_its(key)).map(|(_, share)| *share);
        let share = shares.fold(0_u16, u16::saturating_add).min(1_000);
        let mut past = Past { share, ..Past::default() };
        let (mut cost, mut latency) = (Micros::ZERO, 0_u64);
        for (_, stats) in self.stats.iter().filter(|(key, _)| is_its(key)) {
            // What a login or a rate limit cut short says nothing about the work.
            past.attempts = past.attempts.saturating_add(stats.judged());
            past.succeeded = past.succeeded.saturating_add(stats.succeeded);
            past.verified = past.verified.saturating_add(stats.verified);
            cost += stats.judged_cost;
            latency = latency.saturating_add(stats.judged_latency_ms);
        }
        if past.attempts > 0 {
            past.mean_cost = Some(Micros(cost.0 / i64::from(past.attempts)));
            past.mean_latency = Some(latency / u64::from(past.attempts));
        }
        past
    }
}
