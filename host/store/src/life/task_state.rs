//! The states and stages of tasks, as they are enforced. No other file writes them after a task is created.

use crate::file::{Columns, Tx, stamp};
use crate::view::trail;
use crate::{RecordKind, Run, StoreError, Task};
use jackfield_model::{HostEvent, TaskStageChanged};
use jackfield_types::{
    RunId, RunState, StageName, StagePosition, TaskChange, TaskEvent, TaskId, TaskState, WorkflowName,
};
use rusqlite::params;

/// Where a task stands.
struct Standing {
    state: TaskState,
    workflow: WorkflowName,
    stage: StageName,
}

/// The task follows a run that goes to `next`.
pub(super) fn after_run(tx: &Tx<'_>, run: &Run, next: RunState) -> Result<(), StoreError> {
    apply(tx, run.task, &TaskEvent::of_run(&run.position(), next), Some(run.id))
}

/// Something happens to a task, because of `run` if there is one.
pub(super) fn apply(
    tx: &Tx<'_>,
    task: TaskId,
    event: &TaskEvent,
    run: Option<RunId>,
) -> Result<(), StoreError> {
    let before = standing(tx, task)?;
    let TaskChange { state, enters } = before.state.after(event);
    if state != before.state && !before.state.may_become(state) {
        return Err(StoreError::illegal(RecordKind::Task, task, before.state, state));
    }
    tx.exec(
        "UPDATE tasks SET state = ?2, updated_at = ?3 WHERE id = ?1",
        params![task.to_string(), state.as_str(), stamp(tx.now)],
    )?;
    enters.map_or(Ok(()), |stage| enter(tx, task, &before, &stage, run))
}

/// Checks that a run at `position` is for the stage that its task is in.
pub(super) fn check_stage(task: &Task, position: &StagePosition) -> Result<(), StoreError> {
    if task.workflow == position.workflow && task.stage == position.stage {
        return Ok(());
    }
    Err(StoreError::OtherStage {
        task: task.id,
        at: format!("'{}' of '{}'", task.stage, task.workflow),
        asked: format!("'{}' of '{}'", position.stage, position.workflow),
    })
}

/// The task moves to another stage of its workflow.
fn enter(
    tx: &Tx<'_>,
    task: TaskId,
    before: &Standing,
    stage: &StageName,
    run: Option<RunId>,
) -> Result<(), StoreError> {
    tx.exec("UPDATE tasks SET stage = ?2 WHERE id = ?1", params![task.to_string(), stage.as_str()])?;
    let changed = TaskStageChanged {
        workflow: before.workflow.clone(),
        from: before.stage.clone(),
        to: stage.clone(),
        run,
    };
    trail::add_event(tx, &task.to_string(), &HostEvent::TaskStageChanged(changed)).map(drop)
}

fn standing(tx: &Tx<'_>, task: TaskId) -> Result<Standing, StoreError> {
    let found =
        tx.one("SELECT state, workflow, stage FROM tasks WHERE id = ?1", [task.to_string()], |row| {
            Ok(Standing {
                state: row.word("state")?,
                workflow: row.parsed("workflow")?,
                stage: row.parsed("stage")?,
            })
        })?;
    found.ok_or_else(|| StoreError::NotFound { what: RecordKind::Task, id: task.to_string() })
}
