//! The states and stages of tasks, as they are enforced. No other file writes them after a task is created.

use crate::file::{Tx, stamp};
use crate::view::{runs, trail};
use crate::{Run, StoreError, Task};
use jackfield_model::{HostEvent, TaskStageChanged};
use jackfield_sql::params;
use jackfield_types::{RunId, RunState, StagePosition, TaskChange, TaskEvent};

/// The task follows a run that goes to `next`.
pub(super) fn after_run(tx: &Tx<'_>, run: &Run, next: RunState) -> Result<(), StoreError> {
    let task = runs::task_of(tx, run.task)?;
    apply(tx, &task, &TaskEvent::of_run(&run.position(), next), Some(run.id))?;
    if next.is_final() { crate::board::run_ended(tx, run) } else { Ok(()) }
}

/// Something happens to a task, because of `run` if there is one. It may enter another stage of its workflow.
pub(crate) fn apply(
    tx: &Tx<'_>,
    task: &Task,
    event: &TaskEvent,
    run: Option<RunId>,
) -> Result<(), StoreError> {
    let TaskChange { state, enters } = task.state.after(event);
    tx.exec(
        "UPDATE tasks SET state = ?2, stage = COALESCE(?3, stage), updated_at = ?4 WHERE id = ?1",
        params![
            task.id.to_string(),
            state.as_str(),
            enters.as_ref().map(|stage| stage.as_str()),
            stamp(tx.now)
        ],
    )?;
    let Some(to) = enters else { return Ok(()) };
    let changed = TaskStageChanged { workflow: task.workflow.clone(), from: task.stage.clone(), to, run };
    trail::add_event(tx, &task.id.to_string(), &HostEvent::TaskStageChanged(changed)).map(drop)
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
