//! What people have to do with work: tasks of their own, decisions, and the versions of what a task is to be.

use crate::task::Idempotency;
use jackfield_types::{AttemptId, HumanTaskId, RunId, TaskId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What sort of thing waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum HumanTaskKind {
    /// A to-do of its own.
    Todo,
    /// A run that was handed over with its evidence.
    Handoff,
}

/// Where a human task is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum HumanTaskState {
    /// It waits for somebody.
    Open,
    /// It was done, or answered.
    Done,
    /// It was called off.
    Cancelled,
}

impl HumanTaskState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Open, Self::Done, Self::Cancelled];

    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state that is written so, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A human task that was recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct HumanTask {
    pub id: HumanTaskId,
    pub kind: HumanTaskKind,
    pub workspace: Option<WorkspaceId>,
    /// The workspace's name, for people.
    pub workspace_name: Option<String>,
    pub task: Option<TaskId>,
    pub run: Option<RunId>,
    pub title: String,
    pub body: String,
    pub evidence: Value,
    pub state: HumanTaskState,
    pub priority: i32,
    pub due_at: Option<Timestamp>,
    pub created_by: String,
    /// What the person said, once somebody has.
    pub answer: Option<Value>,
    pub answered_by: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// When it was done or called off.
    pub closed_at: Option<Timestamp>,
}

/// A human task to be recorded. It begins as `open`.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct NewHumanTask {
    pub id: HumanTaskId,
    pub kind: HumanTaskKind,
    pub workspace: Option<WorkspaceId>,
    /// The task that it is about.
    pub task: Option<TaskId>,
    /// The run that waits for it, or that it is about.
    pub run: Option<RunId>,
    pub title: String,
    pub body: String,
    /// What a person needs to judge by; null where there is nothing.
    pub evidence: Value,
    /// Higher goes first.
    pub priority: i32,
    pub due_at: Option<Timestamp>,
    /// A principal's name, or `host`.
    pub created_by: String,
    /// The key under which `created_by` handed it in, if under one.
    pub idempotency: Option<Idempotency>,
}

/// What is to change about a human task; what is not named stays as it is.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct HumanTaskChange {
    pub title: Option<String>,
    pub body: Option<String>,
    pub priority: Option<i32>,
    /// `Some(None)`: it is due at no time.
    pub due_at: Option<Option<Timestamp>>,
    pub state: Option<HumanTaskState>,
    /// What the person says about it, kept as the answer.
    pub answer: Option<Value>,
}

/// A decision to be recorded.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct NewDecision {
    pub task: TaskId,
    pub run: Option<RunId>,
    pub attempt: Option<AttemptId>,
    /// `choice`, `retry`, `consensus`, `verdict`, `handoff`, `done`, `stop`, `answer`, `init`, `spec`,
    /// `write`, `close`, …
    pub kind: String,
    /// A component's digest, or a principal's name.
    pub decided_by: String,
    pub reason: String,
    /// Anything more; null where there is nothing.
    pub details: Value,
}

/// A recorded decision. It is never changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Decision {
    pub id: u64,
    pub at: Timestamp,
    pub task: TaskId,
    pub run: Option<RunId>,
    pub attempt: Option<AttemptId>,
    pub kind: String,
    pub decided_by: String,
    pub reason: String,
    pub details: Value,
}

/// A version of what a task is to be, or of how far it is, to be recorded.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct NewCheckpoint {
    pub task: TaskId,
    pub principal: String,
    /// `spec`, `write` or `close`.
    pub kind: String,
    /// One line for a person.
    pub label: String,
    pub content: Value,
}

/// A version that was recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Checkpoint {
    pub task: TaskId,
    /// From 1, without a gap, over all kinds.
    pub version: u32,
    pub at: Timestamp,
    pub principal: String,
    pub kind: String,
    pub label: String,
    pub content: Value,
}
