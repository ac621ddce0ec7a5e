//! Tasks: pieces of intent.

use crate::file::Columns;
use jackfield_model::Task;
use jackfield_sql::Row;

pub(crate) fn task(row: &Row<'_>) -> jackfield_sql::Result<Task> {
    Ok(Task {
        id: row.parsed("id")?,
        workspace: row.parsed("workspace")?,
        principal: row.get("principal")?,
        title: row.get("title")?,
        instruction: row.get("instruction")?,
        task_type: row.get("task_type")?,
        complexity: row.get("complexity")?,
        language: row.get("language")?,
        stack: row.json("stack")?,
        role: row.word("role")?,
        expect_change: row.get("expect_change")?,
        idempotency_key: row.get("idempotency_key")?,
        workflow: row.parsed("workflow")?,
        stage: row.parsed("stage")?,
        state: row.word("state")?,
        created_at: row.parsed("created_at")?,
        updated_at: row.parsed("updated_at")?,
    })
}
