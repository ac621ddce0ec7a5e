//! Events of a run, numbered without a gap by the run's own row.

use crate::file::{Tx, count, signed, stamp};
use crate::record::payload_text;
use crate::{RecordKind, StoreError, queue};
use jackfield_model::RunEvent;
use jackfield_sql::params;
use jackfield_types::{AttemptId, RunId, Timestamp};

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
    add_all(tx, run, attempt, [(at, event)])
}

/// Adds events in this order and gives the number of the run's last event.
pub(crate) fn add_all<'e>(
    tx: &Tx<'_>,
    run: RunId,
    attempt: Option<AttemptId>,
    events: impl IntoIterator<Item = (Timestamp, &'e RunEvent), IntoIter: ExactSizeIterator>,
) -> Result<u64, StoreError> {
    let events = events.into_iter();
    let (more, run_text) = (signed(events.len() as u64), run.to_string());
    let last = tx
        .one(
            "UPDATE runs SET last_seq = last_seq + ?2 WHERE id = ?1 RETURNING last_seq",
            params![run_text, more],
            |row| row.get::<_, i64>("last_seq"),
        )?
        .ok_or_else(|| StoreError::NotFound { what: RecordKind::Run, id: run.to_string() })?;
    let attempt_text = attempt.map(|id| id.to_string());
    for (seq, (at, event)) in (last - more + 1..).zip(events) {
        tx.exec(
            "INSERT INTO run_events (run, seq, at, attempt, kind, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                run_text,
                seq,
                stamp(at),
                attempt_text,
                event.kind(),
                payload_text(event.payload_json())?
            ],
        )?;
        if let (RunEvent::Limit(limit), Some(attempt)) = (event, attempt) {
            queue::report(tx, attempt, at, limit)?;
        }
    }
    let last = count(last);
    tx.run_changed(run, last);
    Ok(last)
}
