//! Statistics of attempts.

use crate::StoreError;
use crate::file::{Columns, Counted, Sql, hour, total};
use crate::handles::Stats;
use jackfield_sql::{Backend, Connection, params};
use jackfield_types::{Micros, RunState, Timestamp};
use serde::Serialize;
use std::sync::Arc;

/// What became of one executor's and model's attempts at like tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct ModelStats {
    pub executor: String,
    pub model: Option<String>,
    /// All of them, cancelled and rate-limited ones too; what says something about the work are those
    /// that were [judged](Self::judged).
    pub attempts: u32,
    pub succeeded: u32,
    /// Succeeded, and its checks passed.
    pub verified: u32,
    /// Failed because the work was bad, rather than for want of capacity or a login.
    pub quality_failed: u32,
    pub cost: Micros,
    pub tokens: u64,
    pub latency_ms: u64,
    /// The part of `cost` of those that were judged.
    pub judged_cost: Micros,
    /// The part of `latency_ms` of those that were judged.
    pub judged_latency_ms: u64,
}

impl ModelStats {
    /// The attempts whose work was judged good or bad.
    pub const fn judged(&self) -> u32 {
        self.succeeded.saturating_add(self.quality_failed)
    }

    /// The mean cost of a judged attempt; `None` without any. An attempt that a rate limit or a missing login cut
    /// short costs next to nothing and would make its executor look cheap.
    pub fn mean_cost(&self) -> Option<Micros> {
        (self.judged() > 0).then(|| Micros(self.judged_cost.0 / i64::from(self.judged())))
    }

    /// The mean duration of a judged attempt, milliseconds; `None` without any.
    pub fn mean_latency_ms(&self) -> Option<u64> {
        (self.judged() > 0).then(|| self.judged_latency_ms / u64::from(self.judged()))
    }
}

/// The share of recent work of one executor and model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct UsageShare {
    pub executor: String,
    pub model: Option<String>,
    pub attempts: u32,
    /// Of all attempts in that time.
    pub thousandths: u16,
}

/// Figures over everything that was ever recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Totals {
    pub workspaces: u64,
    pub tasks: u64,
    pub queued: u64,
    pub running: u64,
    pub waiting: u64,
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

impl Stats<'_> {
    /// Returns statistics by executor and model over similar tasks; `None` means any type, or any language.
    pub async fn by_model(
        self,
        task_type: Option<&str>,
        language: Option<&str>,
    ) -> Result<Vec<ModelStats>, StoreError> {
        let like = (task_type.map(str::to_owned), language.map(str::to_owned));
        self.0.read(move |conn| {
            conn.all(
                "SELECT executor, NULLIF(model, '') AS model, SUM(attempts) AS attempts,
                        SUM(succeeded) AS succeeded, SUM(verified) AS verified,
                        SUM(quality_failed) AS quality_failed, SUM(cost) AS cost,
                        SUM(input_tokens + cached_input_tokens + cache_write_tokens + output_tokens) AS tokens,
                        SUM(latency_ms) AS latency_ms, SUM(judged_cost) AS judged_cost,
                        SUM(judged_latency_ms) AS judged_latency_ms
                 FROM model_stats
                 WHERE (?1 IS NULL OR task_type = ?1) AND (?2 IS NULL OR language = ?2)
                 GROUP BY executor, model ORDER BY executor, model",
                params![like.0, like.1],
                |row| {
                    Ok(ModelStats {
                        executor: row.get("executor")?,
                        model: row.get("model")?,
                        attempts: row.get("attempts")?,
                        succeeded: row.get("succeeded")?,
                        verified: row.get("verified")?,
                        quality_failed: row.get("quality_failed")?,
                        cost: row.micros("cost")?,
                        tokens: row.count("tokens")?,
                        latency_ms: row.count("latency_ms")?,
                        judged_cost: row.micros("judged_cost")?,
                        judged_latency_ms: row.count("judged_latency_ms")?,
                    })
                },
            )
        })
        .await
    }

    /// Returns the share of each executor and model in the attempts since the beginning of that hour, largest first.
    pub async fn usage_share(self, since: Timestamp) -> Result<Vec<UsageShare>, StoreError> {
        self.0
            .read(move |conn| {
                let mut shares = conn.all(
                    "SELECT executor, NULLIF(model, '') AS model, SUM(attempts) AS attempts FROM attempt_hours
                     WHERE hour >= ?1 GROUP BY executor, model ORDER BY attempts DESC, executor, model",
                    [hour(since)],
                    |row| {
                        Ok(UsageShare {
                            executor: row.get("executor")?,
                            model: row.get("model")?,
                            attempts: row.get("attempts")?,
                            thousandths: 0,
                        })
                    },
                )?;
                let all: u64 = shares.iter().map(|share| u64::from(share.attempts)).sum();
                for share in &mut shares {
                    let thousandths = u64::from(share.attempts) * 1000 / all.max(1);
                    share.thousandths = u16::try_from(thousandths).unwrap_or(1000);
                }
                Ok(shares)
            })
            .await
    }

    /// Returns the time of the newest record; `None` without records. It is in the future if the clock was ahead once.
    pub async fn newest(self) -> Result<Option<Timestamp>, StoreError> {
        self.0.read(|conn| {
            let newest = conn.one(
                "SELECT MAX(at) AS at FROM (
                     SELECT at FROM (SELECT at FROM ledger ORDER BY id DESC LIMIT 1000)
                     UNION ALL SELECT at FROM (SELECT at FROM events ORDER BY seq DESC LIMIT 1000)
                     UNION ALL SELECT at FROM (SELECT created_at AS at FROM runs ORDER BY id DESC LIMIT 1000))",
                [],
                |row| row.parsed_opt("at"),
            )?;
            Ok(newest.flatten())
        })
        .await
    }

    /// Returns totals over all records.
    pub async fn totals(self) -> Result<Totals, StoreError> {
        let backend = Arc::clone(self.0.backend());
        self.0.read(move |conn| totals_of(conn, &*backend)).await
    }
}

/// Totals over all records.
pub(super) fn totals_of(conn: &Connection, backend: &dyn Backend) -> Result<Totals, StoreError> {
    let sums = conn.one(
        "SELECT tokens.*, money.*
                     FROM (SELECT COALESCE(SUM(input_tokens), 0) AS input,
                                  COALESCE(SUM(cached_input_tokens), 0) AS cached_input,
                                  COALESCE(SUM(cache_write_tokens), 0) AS cache_write,
                                  COALESCE(SUM(output_tokens), 0) AS output
                           FROM model_stats) tokens,
                          (SELECT COALESCE(SUM(spent_billed), 0) AS billed,
                                  COALESCE(SUM(spent_equivalent), 0) AS equivalent,
                                  COALESCE(SUM(reserved_billed), 0) AS reserved_billed,
                                  COALESCE(SUM(reserved_equivalent), 0) AS reserved_equivalent
                           FROM breaker WHERE scope = 'all' AND period = 'ever') money",
        [],
        |row| {
            Ok(Totals {
                input_tokens: row.count("input")?,
                cached_input_tokens: row.count("cached_input")?,
                cache_write_tokens: row.count("cache_write")?,
                output_tokens: row.count("output")?,
                billed: row.micros("billed")?,
                equivalent: row.micros("equivalent")?,
                reserved: row.micros("reserved_billed")? + row.micros("reserved_equivalent")?,
                ..Totals::default()
            })
        },
    )?;
    let runs = |state| total(conn, Counted::Runs(state));
    Ok(Totals {
        workspaces: total(conn, Counted::Workspaces)?,
        tasks: total(conn, Counted::Tasks)?,
        queued: runs(RunState::Queued)?,
        running: runs(RunState::Running)?,
        waiting: runs(RunState::Waiting)?,
        succeeded: runs(RunState::Succeeded)?,
        failed: runs(RunState::Failed)?,
        cancelled: runs(RunState::Cancelled)?,
        attempts: total(conn, Counted::Attempts)?,
        in_flight: total(conn, Counted::AttemptsInFlight)?,
        database_bytes: backend.space(conn)?.bytes,
        ..sums.unwrap_or_default()
    })
}
