//! Cooldowns of executors, shared by all processes and kept across restarts.

use super::milliseconds;
use crate::StoreError;
use crate::file::{Exact, Sql, stamp};
use crate::handles::Cooldowns;
use jackfield_sql::{Connection, params};
use jackfield_types::Timestamp;

/// An executor or a rung of the ladder in cooldown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cooldown {
    /// Its name.
    pub name: String,
    /// The end of the cooldown.
    pub until: Timestamp,
    /// The provider's message.
    pub why: String,
}

impl Cooldowns<'_> {
    /// Starts a cooldown. A longer one that is in force stays.
    pub async fn begin(self, cooldown: Cooldown) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                tx.exec(
                    "INSERT INTO cooldowns (name, until_ms, why, since) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (name) DO UPDATE SET until_ms = excluded.until_ms, why = excluded.why,
                     since = excluded.since WHERE excluded.until_ms > until_ms",
                    params![Exact(&cooldown.name), milliseconds(cooldown.until), cooldown.why, stamp(tx.now)],
                )
                .map(drop)
            })
            .await
    }

    /// Returns the cooldowns in force.
    pub async fn list(self) -> Result<Vec<Cooldown>, StoreError> {
        let now = milliseconds(self.0.clock().now());
        self.0.read(move |conn| Cooldown::in_force(conn, now)).await
    }
}

impl Cooldown {
    /// The cooldowns in force at a time, milliseconds since the Unix epoch.
    pub(crate) fn in_force(conn: &Connection, now: i64) -> Result<Vec<Self>, StoreError> {
        conn.all(
            "SELECT name, until_ms, why FROM cooldowns WHERE until_ms > ?1 ORDER BY name",
            [now],
            |row| {
                let until: i64 = row.get("until_ms")?;
                Ok(Self {
                    name: row.get("name")?,
                    until: Timestamp::from_millisecond(until).unwrap_or(Timestamp::UNIX_EPOCH),
                    why: row.get("why")?,
                })
            },
        )
    }
}
