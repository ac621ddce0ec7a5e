//! The position of a run in the queue, and the running attempts.

use super::claim::Load;
use super::{Caps, milliseconds, whole};
use crate::StoreError;
use crate::file::{Columns, Sql};
use crate::handles::Queue;
use jackfield_types::{RunId, Timestamp};
use rusqlite::params;
use std::collections::BTreeMap;

/// The position of a run in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InLine {
    /// 1 is next.
    pub position: u32,
    /// The length of the queue.
    pub of: u32,
    /// The run does not start before this time.
    pub not_before: Option<Timestamp>,
    /// The executors that it waits for.
    pub wants: Vec<String>,
}

/// The number of running attempts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Attempts on this machine.
    pub local: u32,
    /// Attempts in all.
    pub all: u32,
    /// Attempts of each executor.
    pub executors: BTreeMap<String, u32>,
}

impl Queue<'_> {
    /// Returns the position of a run in the queue; `None` if it is not queued.
    pub async fn backlog(self, run: RunId, caps: &Caps) -> Result<Option<InLine>, StoreError> {
        let (now, aging) = (milliseconds(self.0.clock().now()), whole(caps.aging).max(1));
        self.0.read(move |conn| {
            conn.one(
                "WITH busy AS (SELECT workspace, COUNT(*) AS runs FROM runs WHERE state = 'running' GROUP BY workspace),
                 line AS (
                     SELECT runs.id, runs.wants, runs.not_before_ms, COUNT(*) OVER () AS waiting,
                            ROW_NUMBER() OVER (ORDER BY runs.not_before_ms > ?1,
                                runs.priority + (?1 - runs.queued_ms) / ?2 DESC, runs.started_at IS NULL,
                                COALESCE(busy.runs, 0), workspaces.served_at, runs.queued_ms, runs.id) AS place
                     FROM runs JOIN workspaces ON workspaces.id = runs.workspace
                     LEFT JOIN busy ON busy.workspace = runs.workspace
                     WHERE runs.state = 'queued')
                 SELECT * FROM line WHERE id = ?3",
                params![now, aging, run.to_string()],
                |row| {
                    let not_before: i64 = row.get("not_before_ms")?;
                    Ok(InLine {
                        position: row.get("place")?,
                        of: row.get("waiting")?,
                        not_before: Timestamp::from_millisecond(not_before).ok().filter(|_| not_before > now),
                        wants: row.json("wants")?,
                    })
                },
            )
        })
        .await
    }

    /// Returns the number of running attempts.
    pub async fn occupancy(self) -> Result<Occupancy, StoreError> {
        self.0
            .read(|conn| {
                let Load { local, all, executors, .. } = Load::of(conn)?;
                Ok(Occupancy { local, all, executors })
            })
            .await
    }
}
