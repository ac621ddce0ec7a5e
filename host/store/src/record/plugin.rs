//! Plugins: every version ever seen, and every decision with the facts it was made from.

use crate::file::{Columns, unpacked_json};
use jackfield_model::{ComponentReceipt, Serving};
use jackfield_sql::Row;
use jackfield_types::{AttemptId, PluginRef, RunId, TaskId, Timestamp};
use serde::Serialize;
use serde_json::Value;

/// A version changed its standing.
#[derive(Debug, Clone)]
pub struct PluginReceipt {
    /// Which version.
    pub plugin: PluginRef,
    /// Its standing from now on.
    pub state: Serving,
    /// Why, in a sentence.
    pub reason: String,
    /// How it came to that, where it is known.
    pub details: Option<ComponentReceipt>,
}

/// One version of a plugin that the host has seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct PluginVersion {
    pub plugin: PluginRef,
    pub state: Serving,
    pub reason: String,
    pub first_seen_at: Timestamp,
    /// None: it never served.
    pub first_served_at: Option<Timestamp>,
    pub changed_at: Timestamp,
}

/// A decision of a component, with everything needed to make it again.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct NewPluginCall {
    pub task: Option<TaskId>,
    pub run: Option<RunId>,
    pub attempt: Option<AttemptId>,
    pub plugin: PluginRef,
    /// `choose`, `next`, `plan`, `compress`, …
    pub function: String,
    /// What it was given.
    pub facts: Value,
    /// What it gave back; null where it failed.
    pub answer: Value,
    /// How long it took, in microseconds.
    pub micros: u64,
    /// What its random numbers came from, where it was given any.
    pub seed: Option<u64>,
    /// What it told the log meanwhile.
    pub notes: Vec<String>,
    /// Why it failed, where it did.
    pub error: Option<String>,
}

/// A decision that was recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct PluginCall {
    pub id: u64,
    pub at: Timestamp,
    pub task: Option<TaskId>,
    pub run: Option<RunId>,
    pub attempt: Option<AttemptId>,
    pub plugin: PluginRef,
    pub function: String,
    pub facts: Value,
    pub answer: Value,
    pub micros: u64,
    pub seed: Option<u64>,
    pub notes: Vec<String>,
    pub error: Option<String>,
}

/// A plugin from columns that all begin with `prefix`.
pub(super) fn reference(row: &Row<'_>, prefix: &str) -> jackfield_sql::Result<PluginRef> {
    Ok(PluginRef {
        kind: row.parsed(&format!("{prefix}kind"))?,
        name: row.get(format!("{prefix}name").as_str())?,
        version: row.get(format!("{prefix}version").as_str())?,
        digest: row.parsed(&format!("{prefix}digest"))?,
    })
}

impl PluginVersion {
    pub(crate) fn read(row: &Row<'_>) -> jackfield_sql::Result<Self> {
        Ok(Self {
            plugin: reference(row, "")?,
            state: row.word("state")?,
            reason: row.get("reason")?,
            first_seen_at: row.parsed("first_seen_at")?,
            first_served_at: row.parsed_opt("first_served_at")?,
            changed_at: row.parsed("changed_at")?,
        })
    }
}

impl PluginCall {
    pub(crate) fn read(row: &Row<'_>) -> jackfield_sql::Result<Self> {
        Ok(Self {
            id: row.count("id")?,
            at: row.parsed("at")?,
            task: row.parsed_opt("task")?,
            run: row.parsed_opt("run")?,
            attempt: row.parsed_opt("attempt")?,
            plugin: reference(row, "")?,
            function: row.get("function")?,
            facts: unpacked_json(row, "facts")?.unwrap_or_default(),
            answer: unpacked_json(row, "answer")?.unwrap_or_default(),
            micros: row.count("micros")?,
            seed: row.parsed_opt("seed")?,
            notes: row.json("notes")?,
            error: row.get("error")?,
        })
    }
}
