//! Deletion of old rows, in small transactions that block no other writer.
//!
//! Readers find the rows; the writer deletes them after checking again that their run has ended.

use crate::StoreError;
use crate::file::{Columns, Sql, Tx, count, signed, stamp};
use crate::handles::Retention;
use jackfield_sql::{Connection, params};
use jackfield_types::{RunId, Timestamp};

/// Most rows deleted in one transaction.
const STEP: usize = 500;

/// Most runs whose events are deleted in one transaction.
const RUNS: u32 = 100;

/// Most component calls examined in one read.
const LOOK: u32 = 1_000;

/// The result of one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// Deleted rows.
    pub rows: u64,
    /// There may be more: call again.
    pub more: bool,
}

/// Rows past their retention.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overdue {
    /// Events of runs.
    pub events: u64,
    /// Component calls.
    pub calls: u64,
}

/// Runs with events, in one step per run. A run whose events are deleted costs nothing.
const RUNS_WITH_EVENTS: &str = "
    WITH RECURSIVE told(run) AS (
        SELECT MIN(run) FROM run_events
        UNION ALL
        SELECT (SELECT MIN(run) FROM run_events WHERE run > told.run) FROM told WHERE told.run IS NOT NULL
    )";

/// Component calls of before a time whose run ended before it or is not recorded.
const OLD_CALLS: &str = "
    FROM plugin_calls LEFT JOIN runs ON runs.id = plugin_calls.run
    WHERE plugin_calls.at < ?1 AND (plugin_calls.run IS NULL OR runs.ended_at < ?1)";

impl Retention<'_> {
    /// Deletes a bounded number of events of runs that ended before a time, oldest run first. The run keeps their
    /// count, so that readers learn of the gap.
    pub async fn trim_events(self, ended_before: Timestamp) -> Result<Trimmed, StoreError> {
        let runs = self.0.read(move |conn| old_runs(conn, ended_before)).await?;
        if runs.is_empty() {
            return Ok(Trimmed::default());
        }
        self.0
            .write(move |tx| {
                let mut rows = 0;
                for run in &runs {
                    let left = STEP - rows;
                    if left == 0 {
                        break;
                    }
                    rows += delete_events(tx, *run, ended_before, left)?;
                }
                // Zero if the found runs continue after all: stop, or the search would not end.
                Ok(Trimmed { rows: rows as u64, more: rows > 0 })
            })
            .await
    }

    /// Deletes a bounded number of component calls of before a time whose runs ended before it.
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

    /// Returns the number of rows to delete.
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

/// The ids of calls to delete on the next page, and where to continue; neither if nothing old is left.
fn old_calls(
    conn: &Connection,
    before: Timestamp,
    after: i64,
) -> Result<(Option<Vec<i64>>, Option<i64>), StoreError> {
    // Calls are recorded in the order of time, so the first page without an old one is the last.
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
