//! Tasks: pieces of intent, on a board or not.

use jackfield_types::{
    Role, StageName, StagePosition, TaskId, TaskState, Timestamp, WorkflowName, WorkspaceId,
};
use serde::Serialize;

/// What makes a repeated request the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The caller's key, unique among the requests of one principal.
    pub key: String,
    /// A digest of everything else in the request.
    pub digest: String,
}

/// A task to be recorded.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct NewTask {
    pub id: TaskId,
    pub workspace: WorkspaceId,
    /// Who asked for it, as the door knew them.
    pub principal: String,
    pub title: String,
    pub instruction: String,
    /// `feature`, `bugfix`, `test`, …
    pub task_type: String,
    /// 1 (trivial) to 10 (epic).
    pub complexity: u8,
    pub language: Option<String>,
    pub stack: Vec<String>,
    pub role: Role,
    /// Whether words alone would not be success.
    pub expect_change: bool,
    /// The stage in which it begins; a run that is admitted with it is made for this stage.
    pub position: StagePosition,
    pub idempotency: Option<Idempotency>,
}

/// A task that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Task {
    pub id: TaskId,
    pub workspace: WorkspaceId,
    pub principal: String,
    pub title: String,
    pub instruction: String,
    pub task_type: String,
    pub complexity: u8,
    pub language: Option<String>,
    pub stack: Vec<String>,
    pub role: Role,
    pub expect_change: bool,
    pub idempotency_key: Option<String>,
    /// The workflow whose stages it passes.
    pub workflow: WorkflowName,
    /// The stage of the workflow that it is in.
    pub stage: StageName,
    pub state: TaskState,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
