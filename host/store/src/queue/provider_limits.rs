//! Limits of providers, as agents last reported them.

use super::milliseconds;
use crate::StoreError;
use crate::file::{Columns, Exact, Sql, Tx, stamp};
use jackfield_model::RateLimit;
use jackfield_sql::{Connection, params};
use jackfield_types::{AttemptId, Timestamp};
use std::time::Duration;

/// Names kept for one executor: a hostile component must not fill the database with them.
const MOST_NAMES: i64 = 20;
/// How long a limit counts that the provider gave no reset time for.
const DAY: Duration = Duration::from_hours(24);

/// A limit of a provider, as an agent last reported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderLimit {
    /// The executor whose agent reported it.
    pub executor: String,
    /// The provider's name of it.
    pub name: String,
    /// The provider refused a request because of it.
    pub rejected: bool,
    /// When it resets.
    pub resets_at: Option<Timestamp>,
    /// When it was reported.
    pub reported_at: Timestamp,
}

impl ProviderLimit {
    /// The limits that have not reset by `now`; one without a time counts for [`DAY`].
    pub(crate) fn in_force(conn: &Connection, now: Timestamp) -> Result<Vec<Self>, StoreError> {
        let all = conn.all(
            "SELECT executor, name, rejected, resets_ms, reported_at FROM provider_limits ORDER BY executor, name",
            [],
            |row| {
                let resets: Option<i64> = row.get("resets_ms")?;
                Ok(Self {
                    executor: row.get("executor")?,
                    name: row.get("name")?,
                    rejected: row.get("rejected")?,
                    resets_at: resets.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
                    reported_at: row.parsed("reported_at")?,
                })
            },
        )?;
        let in_force = |limit: &Self| {
            let end = limit.resets_at.or_else(|| limit.reported_at.checked_add(DAY).ok());
            end.is_some_and(|end| end > now)
        };
        Ok(all.into_iter().filter(in_force).collect())
    }
}

/// Keeps the report of an attempt's agent. An earlier report that arrives late changes nothing.
pub(crate) fn report(
    tx: &Tx<'_>,
    attempt: AttemptId,
    at: Timestamp,
    limit: &RateLimit,
) -> Result<(), StoreError> {
    let resets = limit.resets_at.and_then(|ms| Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok());
    tx.exec("DELETE FROM provider_limits WHERE resets_ms <= ?1", [milliseconds(tx.now)])?;
    tx.exec(
        "INSERT INTO provider_limits (executor, name, rejected, resets_ms, reported_at)
         SELECT executor, ?2, ?3, ?4, ?5 FROM attempts WHERE id = ?1 AND (
             SELECT COUNT(*) FROM provider_limits AS kept
             WHERE kept.executor = attempts.executor AND kept.name <> ?2) < ?6
         ON CONFLICT (executor, name) DO UPDATE SET rejected = excluded.rejected,
             resets_ms = excluded.resets_ms, reported_at = excluded.reported_at
             WHERE excluded.reported_at >= reported_at",
        params![
            attempt.to_string(),
            Exact(&limit.name),
            limit.rejected,
            resets.map(milliseconds),
            stamp(at),
            MOST_NAMES
        ],
    )
    .map(drop)
}
