//! Executors that rest because their provider asked for it, in every process and across restarts.

use super::milliseconds;
use crate::StoreError;
use crate::file::{Exact, Sql, stamp};
use crate::handles::Cooldowns;
use jackfield_types::Timestamp;
use rusqlite::params;

/// An executor, or a rung of the ladder, that rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cooldown {
    /// Its name.
    pub name: String,
    /// Until when.
    pub until: Timestamp,
    /// What was said.
    pub why: String,
}

impl Cooldowns<'_> {
    /// Rests an executor until then; a longer rest that it has already stands.
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

    /// Who rests now.
    pub async fn list(self) -> Result<Vec<Cooldown>, StoreError> {
        let now = milliseconds(self.0.clock().now());
        self.0
            .read(move |conn| {
                conn.all(
                    "SELECT name, until_ms, why FROM cooldowns WHERE until_ms > ?1 ORDER BY name",
                    [now],
                    |row| {
                        let until: i64 = row.get("until_ms")?;
                        Ok(Cooldown {
                            name: row.get("name")?,
                            until: Timestamp::from_millisecond(until).unwrap_or(Timestamp::UNIX_EPOCH),
                            why: row.get("why")?,
                        })
                    },
                )
            })
            .await
    }
}
