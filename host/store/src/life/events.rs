//! Events of a run, numbered without a gap by the run's own row.

use crate::file::{Columns, Tx, stamp};
use crate::record::payload_text;
use crate::{RecordKind, StoreError};
use jackfield_model::RunEvent;
use jackfield_types::{AttemptId, RunId, Timestamp};
use rusqlite::params;

/// Adds one that happens now and gives its number.
pub(crate) fn add(
    tx: &Tx<'_>,
    run: RunId,
    attempt: Option<AttemptId>,
    event: &RunEvent,
) -> Result<u64, StoreError> {
    add_at(tx, run, attempt, tx.now, event)
}

/// Adds one that happened at some time and gives its number.
pub(crate) fn add_at(
    tx: &Tx<'_>,
    run: RunId,
    attempt: Option<AttemptId>,
    at: Timestamp,
    event: &RunEvent,
) -> Result<u64, StoreError> {
    let seq = tx
        .one(
            "UPDATE runs SET last_seq = last_seq + 1 WHERE id = ?1 RETURNING last_seq",
            [run.to_string()],
            |row| row.count("last_seq"),
        )?
        .ok_or_else(|| StoreError::NotFound { what: RecordKind::Run, id: run.to_string() })?;
    tx.exec(
        "INSERT INTO run_events (run, seq, at, attempt, kind, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            run.to_string(),
            crate::file::signed(seq),
            stamp(at),
            attempt.map(|id| id.to_string()),
            event.kind(),
            payload_text(event.payload_json())?,
        ],
    )?;
    tx.run_changed(run, seq);
    Ok(seq)
}
