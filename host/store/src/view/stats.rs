//! Figures over many attempts.

use crate::{Store, StoreError};
use jackfield_types::{Micros, Timestamp};
use serde::Serialize;

/// What became of one executor's and model's attempts at like tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ModelStats {
    pub executor: String,
    pub model: Option<String>,
    pub attempts: u32,
    pub succeeded: u32,
    /// Succeeded, and its checks passed.
    pub verified: u32,
    /// Failed because the work was bad, rather than for want of capacity or a login.
    pub quality_failed: u32,
    pub cost: Micros,
    pub tokens: u64,
    pub latency_ms: u64,
}

impl ModelStats {
    /// Per attempt; none where there were none.
    pub fn mean_cost(&self) -> Option<Micros> {
        (self.attempts > 0).then(|| Micros(self.cost.0 / i64::from(self.attempts)))
    }

    /// Per attempt, in milliseconds; none where there were none.
    pub fn mean_latency_ms(&self) -> Option<u64> {
        (self.attempts > 0).then(|| self.latency_ms / u64::from(self.attempts))
    }
}

/// How much of the recent work one executor and model did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct UsageShare {
    pub executor: String,
    pub model: Option<String>,
    pub attempts: u32,
    /// Of all attempts in that time.
    pub thousandths: u16,
    pub tokens: u64,
    pub cost: Micros,
}

/// Figures over everything that was ever recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Totals {
    pub workspaces: u64,
    pub tasks: u64,
    pub queued: u64,
    pub running: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub cancelled: u64,
    pub attempts: u64,
    pub in_flight: u64,
    pub input_tokens: u64,
    pub cached_input_tokens: u64,
    pub cache_write_tokens: u64,
    pub output_tokens: u64,
    pub billed: Micros,
    pub equivalent: Micros,
    pub reserved: Micros,
    /// Size of the database file, in bytes.
    pub database_bytes: u64,
}

impl Store {
    /// Per executor and model, over like tasks: `None` means any type, or any language.
    pub async fn model_stats(
        &self,
        task_type: Option<&str>,
        language: Option<&str>,
    ) -> Result<Vec<ModelStats>, StoreError> {
        unimplemented!()
    }

    /// Who did how much since then, most first.
    pub async fn usage_share(&self, since: Timestamp) -> Result<Vec<UsageShare>, StoreError> {
        unimplemented!()
    }

    /// Figures over everything.
    pub async fn stats(&self) -> Result<Totals, StoreError> {
        unimplemented!()
    }
}
