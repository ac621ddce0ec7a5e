//! States of the runs and attempts that have files on the disk.

use crate::StoreError;
use crate::file::{Columns, Sql};
use crate::handles::Retention;
use jackfield_sql::{Connection, Row};
use jackfield_types::{AttemptId, RunId, Timestamp};
use std::collections::HashMap;

/// Rows per read, so that no snapshot is held for long.
const AT_ONCE: usize = 500;

/// A recorded run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunStanding {
    /// Its end; `None` if it has not ended.
    pub ended_at: Option<Timestamp>,
}

/// A recorded attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptStanding {
    /// Its run.
    pub run: RunId,
    /// The time of its settlement; `None` if it is unsettled.
    pub settled_at: Option<Timestamp>,
    /// The end of its run; `None` if it has not ended.
    pub run_ended_at: Option<Timestamp>,
}

impl Retention<'_> {
    /// Returns those of these runs that are recorded.
    pub async fn run_standings(self, runs: &[RunId]) -> Result<HashMap<RunId, RunStanding>, StoreError> {
        let find = |conn: &Connection, run: &RunId| {
            conn.one("SELECT ended_at FROM runs WHERE id = ?1", [run.to_string()], |row| {
                Ok(RunStanding { ended_at: row.parsed_opt("ended_at")? })
            })
        };
        self.look_up(runs, find).await
    }

    /// Returns those of these attempts that are recorded.
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
