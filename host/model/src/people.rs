//! Human tasks: what waits for a person.

use jackfield_types::{HumanTaskId, RunId, TaskId, Timestamp, WorkspaceId};
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
