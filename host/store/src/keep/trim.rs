//! Deleting what is past its time, a small step in each transaction, so that nobody waits for it.
//!
//! What is looked for is looked for by the readers; the writer only deletes what they found, and asks once
//! more whether the run has ended.

use crate::StoreError;
use crate::file::{Columns, Sql, Tx, count, signed, stamp};
use crate::handles::Retention;
use jackfield_types::{RunId, Timestamp};
use rusqlite::{Connection, params};

/// Rows that are deleted in one transaction at most.
const STEP: usize = 500;

/// Runs whose events go in one transaction at most.
const RUNS: u32 = 100;

/// Decisions that are looked through in one read at most.
const LOOK: u32 = 1_000;

/// What one step of trimming came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// Rows that are gone.
    pub rows: u64,
    /// There may be more: call again.
    pub more: bool,
}

/// Rows that are past their time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overdue {
    /// Events of runs.
    pub events: u64,
    /// What components were asked and answered.
    pub calls: u64,
}

/// Runs with events, one step for each run and none for each event. A run whose events are gone costs nothing.
const RUNS_WITH_EVENTS: &str = "
    WITH RECURSIVE told(run) AS (
        SELECT MIN(run) FROM run_events
        UNION ALL
        SELECT (SELECT MIN(run) FROM run_events WHERE run > told.run) FROM told WHERE told.run IS NOT NULL
    )";

/// Decisions about runs that ended before a time, and about nothing that is on record, of before that time.
const OLD_CALLS: &str = "
    FROM plugin_calls LEFT JOIN runs ON runs.id = plugin_calls.run
    WHERE plugin_calls.at < ?1 AND (plugin_calls.run IS NULL OR runs.ended_at < ?1)";

impl Retention<'_> {
    /// Deletes events of runs that ended before a time, a bounded number of them, oldest run first. The run
    /// keeps count of how many there were, so that whoever reads its events is told that the first are gone.
    pub async fn trim_events(self, ended_before: Timestamp) -> Result<Trimmed, StoreError> {
        let runs = self.0.read(move |conn| old_runs(conn, ended_before)).await?;
        if runs.is_empty() {
            return Ok(Trimmed::default());
        }
        self.0
            .write(move |tx| {
                let mut rows = 0;
                for run in runs {
                    let left = STEP - rows;
                    if left == 0 {
                        break;
                    }
                    rows += delete_events(tx, run, ended_before, left)?;
                }
                // Nothing: what was found goes on after all, and must not be looked for for ever.
                Ok(Trimmed { rows: rows as u64, more: rows > 0 })
            })
            .await
    }

    /// Deletes what components were asked and answered before a time about runs that ended before it, a bounded
    /// number of them.
    pub async fn trim_calls(self, before: Timestamp) -> Result<Trimmed, StoreError> {
        let mut after = 0;
        loop {
            let (found, last) = self.0.read(move |conn| old_calls(conn, before, after)).await?;
            if let Some(ids) = found {
                return self.0.write(move |tx| delete_calls(tx, &ids, before)).await;
            }
            match last {
                Some(last) => after = last,
                None => return Ok(Trimmed::default()),
            }
        }
    }

    /// How much there is to trim.
    pub async fn overdue(
        self,
        events_before: Timestamp,
        calls_before: Timestamp,
    ) -> Result<Overdue, StoreError> {
        self.0
            .read(move |conn| {
                let number = |sql: &str, before| conn.one(sql, [stamp(before)], |row| row.get::<_, i64>(0));
                let events =
                    "SELECT COUNT(*) FROM run_events JOIN runs ON runs.id = run WHERE runs.ended_at < ?1";
                let calls = format!("SELECT COUNT(*) {OLD_CALLS}");
                Ok(Overdue {
                    events: count(number(events, events_before)?.unwrap_or(0)),
                    calls: count(number(&calls, calls_before)?.unwrap_or(0)),
                })
            })
            .await
    }
}

/// The oldest runs that ended before a time and still have events.
fn old_runs(conn: &Connection, ended_before: Timestamp) -> Result<Vec<RunId>, StoreError> {
    let sql = format!(
        "{RUNS_WITH_EVENTS} SELECT told.run AS id FROM told JOIN runs ON runs.id = told.run
         WHERE runs.ended_at < ?1 LIMIT ?2"
    );
    conn.all(&sql, params![stamp(ended_before), RUNS], |row| row.parsed("id"))
}

fn delete_events(tx: &Tx<'_>, run: RunId, ended_before: Timestamp, most: usize) -> Result<usize, StoreError> {
    tx.exec(
        "DELETE FROM run_events WHERE (run, seq) IN (
             SELECT run, seq FROM run_events
             WHERE run = ?1 AND EXISTS (SELECT 1 FROM runs WHERE id = ?1 AND ended_at < ?2)
             ORDER BY seq LIMIT ?3)",
        params![run.to_string(), stamp(ended_before), signed(most as u64)],
    )
}

/// Ids of decisions to delete among the next ones, and where to look on; neither: nothing that old is left.
fn old_calls(
    conn: &Connection,
    before: Timestamp,
    after: i64,
) -> Result<(Option<Vec<i64>>, Option<i64>), StoreError> {
    // They are recorded in the order of time, so that the first page without an old one is the end.
    let page = conn.all(
        "SELECT plugin_calls.id, plugin_calls.at < ?1 AS old,
                plugin_calls.run IS NULL OR COALESCE(runs.ended_at < ?1, 0) AS over
         FROM plugin_calls LEFT JOIN runs ON runs.id = plugin_calls.run
         WHERE plugin_calls.id > ?2 ORDER BY plugin_calls.id LIMIT ?3",
        params![stamp(before), after, LOOK],
        |row| Ok((row.get::<_, i64>("id")?, row.get::<_, bool>("old")?, row.get::<_, bool>("over")?)),
    )?;
    let found: Vec<i64> = page.iter().filter(|(_, old, over)| *old && *over).map(|(id, ..)| *id).collect();
    let any_old = page.iter().any(|(_, old, _)| *old);
    let last = page.last().filter(|_| any_old).map(|(id, ..)| *id);
    Ok(((!found.is_empty()).then_some(found), last))
}

fn delete_calls(tx: &Tx<'_>, ids: &[i64], before: Timestamp) -> Result<Trimmed, StoreError> {
    let mut rows = 0;
    for id in ids.iter().take(STEP) {
        rows += tx.exec(
            "DELETE FROM plugin_calls WHERE id = ?1 AND (run IS NULL OR EXISTS (
                 SELECT 1 FROM runs WHERE runs.id = plugin_calls.run AND ended_at < ?2))",
            params![id, stamp(before)],
        )?;
    }
    Ok(Trimmed { rows: rows as u64, more: rows > 0 })
}
