//! What people have to do with work: tasks of their own, what they and the components decided, and
//! the versions of what a task is to be.

use crate::file::Columns;
use jackfield_model::{Checkpoint, Decision, HumanTask};
use jackfield_sql::Row;

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

pub(crate) fn decision(row: &Row<'_>) -> jackfield_sql::Result<Decision> {
    Ok(Decision {
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

pub(crate) fn checkpoint(row: &Row<'_>) -> jackfield_sql::Result<Checkpoint> {
    Ok(Checkpoint {
        task: row.parsed("task")?,
        version: row.get("version")?,
        at: row.parsed("at")?,
        principal: row.get("principal")?,
        kind: row.get("kind")?,
        label: row.get("label")?,
        content: row.json("content")?,
    })
}
