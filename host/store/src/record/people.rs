//! What people have to do with work: tasks of their own, what they and the components decided, and
//! the versions of what a task is to be.

use super::task::Idempotency;
use crate::file::Columns;
use jackfield_model::{HumanTask, HumanTaskKind, HumanTaskState};
use jackfield_sql::Row;
use jackfield_types::{AttemptId, HumanTaskId, RunId, TaskId, Timestamp, WorkspaceId};
use serde::Serialize;
use serde_json::Value;

/// A human task to be recorded. It begins as `open`.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct NewHumanTask {
    pub id: HumanTaskId,
    pub kind: HumanTaskKind,
    pub workspace: Option<WorkspaceId>,
    /// What it is about, where it is about an agent's task.
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

/// A decision that was recorded, which nobody can change afterwards.
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

/// Human tasks with the names of their workspaces; more conditions go behind it.
pub(crate) const HUMAN_TASKS: &str = "
    SELECT human_tasks.*, workspaces.name AS workspace_name
    FROM human_tasks LEFT JOIN workspaces ON workspaces.id = human_tasks.workspace";

/// A row of [`HUMAN_TASKS`].
pub(crate) fn human_task(row: &Row<'_>) -> jackfield_sql::Result<HumanTask> {
    Ok(HumanTask {
        id: row.parsed("id")?,
        kind: row.word("kind")?,
        workspace: row.parsed_opt("workspace")?,
        workspace_name: row.get("workspace_name")?,
        task: row.parsed_opt("task")?,
        run: row.parsed_opt("run")?,
        title: row.get("title")?,
        body: row.get("body")?,
        evidence: row.json("evidence")?,
        state: row.word("state")?,
        priority: row.get("priority")?,
        due_at: row.parsed_opt("due_at")?,
        created_by: row.get("created_by")?,
        answer: row.json_opt("answer")?,
        answered_by: row.get("answered_by")?,
        created_at: row.parsed("created_at")?,
        updated_at: row.parsed("updated_at")?,
        closed_at: row.parsed_opt("closed_at")?,
    })
}

impl Decision {
    pub(crate) fn read(row: &Row<'_>) -> jackfield_sql::Result<Self> {
        Ok(Self {
            id: row.count("id")?,
            at: row.parsed("at")?,
            task: row.parsed("task")?,
            run: row.parsed_opt("run")?,
            attempt: row.parsed_opt("attempt")?,
            kind: row.get("kind")?,
            decided_by: row.get("decided_by")?,
            reason: row.get("reason")?,
            details: row.json("details")?,
        })
    }
}

impl Checkpoint {
    pub(crate) fn read(row: &Row<'_>) -> jackfield_sql::Result<Self> {
        Ok(Self {
            task: row.parsed("task")?,
            version: row.get("version")?,
            at: row.parsed("at")?,
            principal: row.get("principal")?,
            kind: row.get("kind")?,
            label: row.get("label")?,
            content: row.json("content")?,
        })
    }
}
