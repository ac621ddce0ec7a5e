//! What a worker elsewhere and its host say to each other. Everything a worker says may be said again: after a
//! lost answer, after a restart of either side.

use super::ExecuteRequest;
use jackfield_store::CheckResult;
use jackfield_types::{
    AttemptId, Effort, Outcome, Problem, Role, RunId, Timestamp, Usage, WorkerId, WorkspaceId,
};
use jackfield_workspace::{ChangedFile, Commit, Leftover};
use schemars::JsonSchema;
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

/// A worker makes itself known.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Registration {
    /// Its id, which it keeps across its restarts.
    pub worker: WorkerId,
    /// What people know it by.
    pub name: String,
    /// Its program's version.
    pub version: String,
    /// Attempts that it makes at once.
    pub slots: u32,
    /// Executors whose program is there.
    pub executors: Vec<String>,
}

/// On what terms it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Terms {
    /// It says that it lives at least every so many seconds.
    pub beat_s: u64,
    /// After so many seconds without an answer to that its agents end, because the host is about to give it up.
    pub lease_s: u64,
}

/// A worker asks for work.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct WorkAsked {
    /// Who asks.
    pub worker: WorkerId,
    /// What it has in hand. What it was given and does not have, it did not get: it is given again.
    pub holds: Vec<AttemptId>,
    /// Attempts that it could begin.
    pub free: u32,
    /// How long it would wait for something, seconds.
    pub wait_s: u64,
}

/// A round of a run that a worker is to make.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Assignment {
    /// The run, as the host knows it.
    pub run: RunId,
    /// What is asked, with the host's defaults filled in.
    pub request: ExecuteRequest,
    /// The task's title.
    pub title: String,
    /// As the host understood it.
    pub task_type: String,
    /// As the host understood it.
    pub complexity: u8,
    /// As the host found it.
    pub language: Option<String>,
    /// As the host found it.
    pub stack: Vec<String>,
    /// As the host understood it.
    pub role: Role,
    /// Whether files must change.
    pub expect_change: bool,
    /// Where.
    pub workspace: WorkspaceId,
    /// What the workspace is called.
    pub workspace_name: String,
    /// The folder that is meant, within the repository.
    pub subpath: PathBuf,
    /// The attempts, to be made side by side.
    pub attempts: Vec<AssignedAttempt>,
    /// The trace that goes on there, where anybody collects it: the fields of `traceparent` and `tracestate`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub trace: BTreeMap<String, String>,
}

/// An attempt that a worker is to make.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs)]
pub struct AssignedAttempt {
    pub id: AttemptId,
    pub executor: String,
    pub rung: Option<String>,
    pub model: Option<String>,
    pub effort: Option<Effort>,
    pub context: Option<String>,
    pub reason: String,
    /// A component chose the executor; nobody named it.
    #[serde(default)]
    pub chosen: bool,
    /// What the host holds for it, millionths of a dollar; nothing where it costs nothing.
    pub held: u64,
}

/// A worker lives.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Beat {
    /// Who.
    pub worker: WorkerId,
    /// What it has in hand.
    pub holds: Vec<AttemptId>,
    /// What of it is being ended already.
    pub ending: Vec<AttemptId>,
    /// How long it would wait for news, seconds.
    pub wait_s: u64,
}

/// What a worker hears when it says that it lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Heard {
    /// The host does not know it (any more): it must make itself known again.
    pub unknown: bool,
    /// The terms as they are now.
    pub terms: Terms,
    /// Attempts that somebody wants ended, and why.
    pub end: Vec<(AttemptId, String)>,
    /// Attempts that are not its own any more.
    pub lost: Vec<AttemptId>,
}

/// News of an attempt.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct News {
    /// Who tells.
    pub worker: WorkerId,
    /// How many events were told before.
    pub from: u64,
    /// The events after those.
    pub events: Vec<NewsEvent>,
    /// It has begun, from that commit.
    pub base: Option<Commit>,
    /// What it has used so far, in all.
    pub usage: Option<Usage>,
}

/// Something that happened in an attempt.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs)]
pub struct NewsEvent {
    pub at: Timestamp,
    pub kind: String,
    pub payload: Value,
}

/// What the host says to news.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewsTaken {
    /// How many events it has on record.
    pub heard: u64,
    /// The attempt is not this worker's any more.
    pub lost: bool,
    /// The money is spent: the attempt must end, for this reason.
    pub stop: Option<Problem>,
}

/// A round is over, everything of it was told, and its files are with the host.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RoundOver {
    /// Who tells.
    pub worker: WorkerId,
    /// Every attempt of the round.
    pub attempts: Vec<AttemptOver>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs)]
pub struct AttemptOver {
    pub id: AttemptId,
    pub outcome: Outcome,
    pub usage: Usage,
    pub exit_code: Option<i32>,
    pub signal: Option<i32>,
    pub answer: String,
    pub session: Option<String>,
    pub model: Option<String>,
    pub latency_ms: u64,
    /// The commit that holds everything it left, where there is one.
    pub head: Option<Commit>,
    pub changed: Vec<ChangedFile>,
    pub checks: Vec<CheckResult>,
    /// What it made and its branch does not hold; what is kept of it stays on the worker.
    #[serde(default)]
    pub leftovers: Vec<Leftover>,
    /// What the worker's own components decided.
    pub calls: Vec<CallMade>,
}

/// A decision that a component made on the worker.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs)]
pub struct CallMade {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SentFile {
    /// What its agent printed.
    Log,
    /// What it changed, as a unified diff.
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
