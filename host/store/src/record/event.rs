//! Events: what happened in a run, gap-free, and what happened to the host, append-only.

use crate::file::Columns;
use jackfield_types::{AttemptId, Timestamp};
use rusqlite::Row;
use serde::Serialize;
use serde_json::Value;

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRunEvent {
    /// When it happened.
    pub at: Timestamp,
    /// In `snake_case`. The store itself writes `run_queued`, `run_started`, `run_succeeded`,
    /// `run_failed`, `run_cancelled`, `attempt_planned`, `attempt_started`, `attempt_adopted` and
    /// `attempt_settled`.
    pub kind: String,
    /// What there is to know about it.
    pub payload: Value,
}

/// An event of a run, in its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RunEvent {
    /// From 1, without a gap.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The attempt it belongs to, where it belongs to one.
    pub attempt: Option<AttemptId>,
    /// What sort of event.
    pub kind: String,
    /// What there is to know about it.
    pub payload: Value,
}

/// An event on the host's log, which nobody can change afterwards.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Event {
    /// Its place in the log.
    pub seq: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// What sort of event. Those of the breaker begin with `breaker_`.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// What there is to know about it.
    pub payload: Value,
}

impl RunEvent {
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.count("seq")?,
            at: row.parsed("at")?,
            attempt: row.parsed_opt("attempt")?,
            kind: row.get("kind")?,
            payload: row.json("payload")?,
        })
    }
}

impl Event {
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.count("seq")?,
            at: row.parsed("at")?,
            kind: row.get("kind")?,
            subject: row.get("subject")?,
            payload: row.json("payload")?,
        })
    }
}
