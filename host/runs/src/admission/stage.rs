//! Runs for a stage of an existing task: resolved here, admitted by the caller together with its own records.

use crate::admission::admit::{Admissions, functions};
use jackfield_api::ExecuteRequest;
use jackfield_store::{Admission, Limits, RunOfTask, Task};
use jackfield_types::{Problem, StagePosition, TaskId};
use std::sync::Arc;

/// A run that is ready to be admitted.
#[derive(Debug)]
pub struct PreparedRun {
    /// What the store admits.
    pub admission: RunOfTask,
    /// The limits that it must fit.
    pub limits: Limits,
    task: TaskId,
    functions: Vec<String>,
}

/// Prepares runs for stages of tasks.
pub struct StageAdmissions(Arc<Admissions>);

impl StageAdmissions {
    /// Prepares runs for this queue.
    pub const fn new(admissions: Arc<Admissions>) -> Self {
        Self(admissions)
    }

    /// Resolves a request for the stage at `position` of a task, and chooses an executor. Nothing is recorded but the
    /// workspace.
    ///
    /// # Errors
    /// A [`Problem`] if the request is refused, or no executor can do it.
    pub async fn prepare(
        &self,
        task: &Task,
        position: StagePosition,
        request: ExecuteRequest,
    ) -> Result<PreparedRun, Problem> {
        let _taking_in = self.0.taking_in()?;
        let order = self.0.orders.order(request).await?;
        let pick = self.0.selection.pick(&order).await?;
        self.0.check_program(&pick.executor).await?;
        let limits = self.0.settings.limits(Some(order.workspace.id), order.max_cost);
        let Admission { run, attempt, mut calls, .. } =
            self.0.admission(&order, vec![pick], &task.principal)?;
        calls.iter_mut().for_each(|call| call.task = Some(task.id));
        let functions = functions(&calls);
        let admission = RunOfTask { position, run, attempt, calls };
        Ok(PreparedRun { admission, limits, task: task.id, functions })
    }

    /// Wakes the queue for a prepared run that was admitted.
    pub fn admitted(&self, prepared: &PreparedRun) {
        self.0.wake.notify_one();
        self.0.shadow_calls.evaluate_in_background(prepared.task, prepared.functions.clone());
    }
}
