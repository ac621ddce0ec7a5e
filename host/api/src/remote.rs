//! Requests of remote workers and the host's answers. A worker may repeat every request: after a lost answer, and after
//! a restart of either side.

use super::ExecuteRequest;
use jackfield_store::CheckResult;
use jackfield_types::{
    AttemptId, Effort, Outcome, Problem, Role, RunId, Timestamp, Usage, WorkerId, WorkspaceId,
};
use jackfield_workspace::{ChangedFile, Commit, Leftover};
use serde::de::IntoDeserializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The header that names the commit that a workspace has checked out, as a worker fetches it.
pub const COMMIT: &str = "x-jackfield-commit";

/// Kinds of events that a worker reports of its attempts: what happens within them. The host records the others, such as
/// leftovers, when it settles the attempt.
pub const REPORTED: [&str; 15] = [
    "agent_started",
    "text",
    "thought",
    "tool_call",
    "tool_result",
    "file_change",
    "usage",
    "limit",
    "retrying",
    "warning",
    "agent_finished",
    "raw",
    "host_warning",
    "gate",
    // The worker was started again and went on with its agent.
    "attempt_adopted",
];

/// A worker registers itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Registration {
    /// Its id; the same after a restart.
    pub worker: WorkerId,
    /// Its name for people.
    pub name: String,
    /// Its program's version.
    pub version: String,
    /// How many attempts it executes at the same time.
    pub slots: u32,
    /// Executors whose program is installed.
    pub executors: Vec<String>,
}

/// The intervals that a worker keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct WorkerTerms {
    /// Longest interval between two heartbeats, seconds.
    pub beat_s: u64,
    /// After this many seconds without an answer to a heartbeat, its agents end: the host is about to give it up.
    pub lease_s: u64,
}

/// A worker asks for a round.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AssignmentRequest {
    /// The worker.
    pub worker: WorkerId,
    /// Attempts that it has. An attempt that was assigned and is not among them did not arrive: it is assigned again.
    pub holds: Vec<AttemptId>,
    /// How many attempts it could start.
    pub free: u32,
    /// How long the host may hold the request, seconds.
    pub wait_s: u64,
}

/// A round of a run that a worker executes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Assignment {
    /// The run, as the host knows it.
    pub run: RunId,
    /// The request, with the host's defaults.
    pub request: ExecuteRequest,
    /// The task's title.
    pub title: String,
    /// The task's type.
    pub task_type: String,
    /// The task's complexity, 1 to 10.
    pub complexity: u8,
    /// The programming language, where the host found one.
    pub language: Option<String>,
    /// Frameworks and tools that the host found.
    pub stack: Vec<String>,
    /// The task's role.
    pub role: Role,
    /// Whether files must change.
    pub expect_change: bool,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The workspace's name.
    pub workspace_name: String,
    /// The folder to work in, relative to the repository.
    pub subpath: PathBuf,
    /// The attempts, which run in parallel.
    pub attempts: Vec<AssignedAttempt>,
    /// The trace to continue, where traces are exported: the fields of `traceparent` and `tracestate`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub trace: BTreeMap<String, String>,
}

/// An attempt that a worker executes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct AssignedAttempt {
    pub id: AttemptId,
    pub executor: String,
    pub rung: Option<String>,
    pub model: Option<String>,
    pub effort: Option<Effort>,
    pub context: Option<String>,
    pub reason: String,
    /// A component chose the executor; the request does not name it.
    #[serde(default)]
    pub chosen: bool,
    /// What is reserved for it, micro-dollars; 0 where it costs nothing.
    pub held: u64,
}

/// A worker renews its leases.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Heartbeat {
    /// The worker.
    pub worker: WorkerId,
    /// Attempts that it has.
    pub holds: Vec<AttemptId>,
    /// Those of them that are ending.
    pub ending: Vec<AttemptId>,
    /// How long the host may hold the request, seconds.
    pub wait_s: u64,
}

/// The answer to a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct HeartbeatReply {
    /// The host does not know the worker (any more): it must register again.
    pub unknown: bool,
    /// The intervals in force.
    pub terms: WorkerTerms,
    /// Attempts to end, each with the reason.
    pub end: Vec<(AttemptId, String)>,
    /// Attempts that are no longer assigned to it.
    pub lost: Vec<AttemptId>,
}

/// Progress of an attempt.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AttemptProgress {
    /// The worker.
    pub worker: WorkerId,
    /// How many events were reported before.
    pub from: u64,
    /// The next events.
    pub events: Vec<ReportedEvent>,
    /// The commit that the attempt started from, once it has.
    pub base: Option<Commit>,
    /// The total usage so far.
    pub usage: Option<Usage>,
}

/// An event of an attempt.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ReportedEvent {
    /// When it happened.
    pub at: Timestamp,
    /// The kind, as it is recorded.
    pub kind: String,
    /// The payload, as it is recorded. The host takes every payload, because a worker may have another version.
    pub payload: Value,
}

/// The answer to a progress report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ProgressReply {
    /// How many events the host has recorded.
    pub heard: u64,
    /// The attempt is no longer assigned to this worker.
    pub lost: bool,
    /// The budget is used up: the attempt must end, with this problem.
    pub stop: Option<Problem>,
}

/// The result of a round, after all its events were reported and its files sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RoundResult {
    /// The worker.
    pub worker: WorkerId,
    /// Every attempt of the round.
    pub attempts: Vec<AttemptResult>,
}

/// The result of an attempt.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct AttemptResult {
    pub id: AttemptId,
    pub outcome: Outcome,
    pub usage: Usage,
    pub exit_code: Option<i32>,
    pub signal: Option<i32>,
    pub answer: String,
    pub session: Option<String>,
    pub model: Option<String>,
    pub latency_ms: u64,
    /// The commit with the attempt's work, where there is one.
    pub head: Option<Commit>,
    pub changed: Vec<ChangedFile>,
    pub checks: Vec<CheckResult>,
    /// Leftovers; those that are kept stay on the worker.
    #[serde(default)]
    pub leftovers: Vec<Leftover>,
    /// Decisions of the worker's own components.
    pub calls: Vec<ComponentCall>,
}

/// A decision that a component made on the worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct ComponentCall {
    pub plugin: jackfield_types::PluginRef,
    pub function: String,
    pub facts: Value,
    pub answer: Value,
    pub micros: u64,
    pub seed: Option<u64>,
    pub notes: Vec<String>,
    pub error: Option<String>,
}

/// A file of an attempt that a worker sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SentFile {
    /// The log of the agent.
    Log,
    /// The changes, as a unified diff.
    Diff,
    /// Its branch, as a git bundle.
    Work,
}

impl std::str::FromStr for SentFile {
    type Err = serde::de::value::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::deserialize(text.into_deserializer())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_model::RunEvent;

    #[test]
    fn reported_kind_is_a_kind_of_event() {
        let unknown: Vec<_> = REPORTED.iter().filter(|kind| !RunEvent::KINDS.contains(kind)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
