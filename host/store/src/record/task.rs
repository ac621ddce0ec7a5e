//! Tasks: pieces of intent.

use jackfield_types::{Role, TaskId, TaskState, Timestamp, WorkspaceId};
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
    pub idempotency: Option<Idempotency>,
}

/// A task that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    pub state: TaskState,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
