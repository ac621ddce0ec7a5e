//! How far runs and attempts are that left something on the disk.

use crate::StoreError;
use crate::file::{Columns, Sql};
use crate::handles::Retention;
use jackfield_types::{AttemptId, RunId, Timestamp};
use rusqlite::{Connection, Row};
use std::collections::HashMap;

/// So many are looked up in one read, so that no snapshot is held for long.
const AT_ONCE: usize = 500;

/// A run that is on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunStanding {
    /// When it ended; none: it has not.
    pub ended_at: Option<Timestamp>,
}

/// An attempt that is on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptStanding {
    /// Whose it is.
    pub run: RunId,
    /// When it was settled; none: it is not.
    pub settled_at: Option<Timestamp>,
    /// When its run ended; none: it has not.
    pub run_ended_at: Option<Timestamp>,
}

impl Retention<'_> {
    /// Those of these runs that are on record.
    pub async fn run_standings(self, runs: &[RunId]) -> Result<HashMap<RunId, RunStanding>, StoreError> {
        let find = |conn: &Connection, run: &RunId| {
            conn.one("SELECT ended_at FROM runs WHERE id = ?1", [run.to_string()], |row| {
                Ok(RunStanding { ended_at: row.parsed_opt("ended_at")? })
            })
        };
        self.look_up(runs, find).await
    }

    /// Those of these attempts that are on record.
    pub async fn attempt_standings(
        self,
        attempts: &[AttemptId],
    ) -> Result<HashMap<AttemptId, AttemptStanding>, StoreError> {
        let read = |row: &Row<'_>| {
            Ok(AttemptStanding {
                run: row.parsed("run")?,
                settled_at: row.parsed_opt("settled_at")?,
                run_ended_at: row.parsed_opt("ended_at")?,
            })
        };
        let find = move |conn: &Connection, attempt: &AttemptId| {
            conn.one(
                "SELECT run, settled_at, ended_at FROM attempts JOIN runs ON runs.id = run WHERE attempts.id = ?1",
                [attempt.to_string()],
                read,
            )
        };
        self.look_up(attempts, find).await
    }

    async fn look_up<K, T>(
        self,
        keys: &[K],
        find: impl Fn(&Connection, &K) -> Result<Option<T>, StoreError> + Copy + Send + 'static,
    ) -> Result<HashMap<K, T>, StoreError>
    where
        K: Copy + Eq + std::hash::Hash + Send + 'static,
        T: Send + 'static,
    {
        let mut known = HashMap::new();
        for some in keys.chunks(AT_ONCE) {
            let some = some.to_vec();
            let found = self.0.read(move |conn| {
                let found = some.iter().map(|key| Ok(find(conn, key)?.map(|found| (*key, found))));
                found.filter_map(Result::transpose).collect::<Result<Vec<_>, StoreError>>()
            });
            known.extend(found.await?);
        }
        Ok(known)
    }
}
