//! Events: what happened in a run, gap-free, and what happened to the host, append-only.

use crate::file::Columns;
use jackfield_model::{HostEventRecord, RunEventRecord};
use rusqlite::Row;
use serde_json::Value;

/// A row of the events of runs.
pub(crate) fn run_event(row: &Row<'_>) -> rusqlite::Result<RunEventRecord> {
    let (seq, at, attempt) = (row.count("seq")?, row.parsed("at")?, row.parsed_opt("attempt")?);
    Ok(RunEventRecord::read(seq, at, attempt, row.get("kind")?, payload(row)?))
}

/// A row of the host's log.
pub(crate) fn host_event(row: &Row<'_>) -> rusqlite::Result<HostEventRecord> {
    let (seq, at) = (row.count("seq")?, row.parsed("at")?);
    Ok(HostEventRecord::read(seq, at, row.get("kind")?, row.get("subject")?, payload(row)?))
}

/// A payload. One that is no JSON is a text: it must not make the events around it unreadable.
pub(crate) fn payload(row: &Row<'_>) -> rusqlite::Result<Value> {
    let text: String = row.get("payload")?;
    Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
