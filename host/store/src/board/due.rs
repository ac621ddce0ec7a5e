//! What makes a card due, in the transaction of the change.

use super::log::changed;
use crate::file::Tx;
use crate::{Run, StoreError};
use jackfield_model::BOARD;
use jackfield_sql::params;
use jackfield_types::{TaskId, WorkflowName};

/// A run of a card has ended: the board decides what follows.
pub(crate) fn run_ended(tx: &Tx<'_>, run: &Run) -> Result<(), StoreError> {
    if run.workflow == WorkflowName::DIRECT || run.workflow == WorkflowName::EXTERNAL {
        return Ok(());
    }
    tx.exec("UPDATE cards SET due = 1 WHERE task = ?1", [run.task.to_string()]).map(drop)
}

/// A human task about a task was closed: its card goes on if that was the last question of the board.
pub(crate) fn answered(tx: &Tx<'_>, task: Option<TaskId>) -> Result<(), StoreError> {
    let Some(task) = task else { return Ok(()) };
    let resumed = tx.exec(
        "UPDATE cards SET due = 1, started = 1, entry = entry + 1 WHERE task = ?1 AND waits = 'answers' AND NOT EXISTS (
             SELECT 1 FROM human_tasks WHERE task = ?1 AND state = 'open' AND created_by = ?2)",
        params![task.to_string(), BOARD],
    )?;
    if resumed > 0 {
        changed(tx, task)?;
    }
    Ok(())
}
