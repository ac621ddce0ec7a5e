//! What attempts leave behind: artifacts, transcripts, results of checks, and hand-offs to people.

use jackfield_types::{AttemptId, RunId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an acceptance check or a gate came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct CheckResult {
    /// As the task calls it.
    pub name: String,
    /// The command that was run, or the gate with its config.
    pub command: String,
    /// The kind of the gate, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// It ended by itself, in time, with code 0.
    pub passed: bool,
    /// Its exit code, where it ended by itself.
    pub code: Option<i32>,
    /// The end of what it printed, for a person and for the next agent.
    pub output: String,
    /// How long it took, milliseconds.
    pub took_ms: u64,
}

/// A run that is handed to a person.
#[derive(Debug, Clone)]
pub struct NewHandoff {
    /// In a line.
    pub title: String,
    /// What the person should know and decide.
    pub body: String,
    /// What to judge by: attempts, diffs, checks.
    pub evidence: Value,
}

/// Something that an attempt produced.
#[derive(Debug, Clone)]
pub struct NewArtifact {
    /// `diff`, `file`, `url`, `pull_request`, `diagram`, …
    pub kind: String,
    /// For a person.
    pub label: String,
    /// A path or a URI.
    pub target: String,
    /// How large it is, where that is known.
    pub bytes: Option<u64>,
    /// Anything more.
    pub meta: Value,
}

/// An artifact that was recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Artifact {
    pub id: u64,
    pub run: RunId,
    pub attempt: AttemptId,
    pub kind: String,
    pub label: String,
    pub target: String,
    pub bytes: Option<u64>,
    pub meta: Value,
    pub created_at: Timestamp,
}

/// Where the bytes of an attempt's transcript are; the store keeps the index only.
#[derive(Debug, Clone)]
pub struct NewTranscript {
    /// The file.
    pub path: String,
    /// How large it is.
    pub bytes: u64,
}
