//! Events: what happened in a run, gap-free, and what happened to the host, append-only.

use crate::StoreError;
use crate::file::Columns;
use jackfield_model::{HostEventRecord, Payload, RunEventRecord};
use jackfield_sql::Row;

/// A row of the events of runs.
pub(crate) fn run_event(row: &Row<'_>) -> jackfield_sql::Result<RunEventRecord> {
    Ok(RunEventRecord {
        seq: row.count("seq")?,
        at: row.parsed("at")?,
        attempt: row.parsed_opt("attempt")?,
        agent: None,
        kind: row.get("kind")?,
        payload: payload(row)?,
    })
}

/// A row of the host's log.
pub(crate) fn host_event(row: &Row<'_>) -> jackfield_sql::Result<HostEventRecord> {
    Ok(HostEventRecord {
        seq: row.count("seq")?,
        at: row.parsed("at")?,
        subject: row.get("subject")?,
        kind: row.get("kind")?,
        payload: payload(row)?,
    })
}

/// The payload in a row.
pub(crate) fn payload(row: &Row<'_>) -> jackfield_sql::Result<Payload> {
    row.get("payload").map(Payload::recorded)
}

/// The payload of an event as a column.
pub(crate) fn payload_text(json: serde_json::Result<String>) -> Result<String, StoreError> {
    json.map_err(|error| StoreError::Misuse(format!("failed to write the payload of an event: {error}")))
}
