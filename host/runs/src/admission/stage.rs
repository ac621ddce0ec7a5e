//! Runs for a stage of an existing task: resolved here, admitted by the caller together with its own records.

use crate::admission::admit::{Admissions, functions};
use jackfield_api::ExecuteRequest;
use jackfield_store::{Admission, Limits, RunOfTask, Task};
use jackfield_types::{Problem, StagePosition, TaskId};

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

impl Admissions {
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
        let _taking_in = self.taking_in()?;
        let order = self.orders.order(request).await?;
        let pick = self.selection.pick(&order).await?;
        self.check_program(&pick.executor).await?;
        let limits = self.settings.limits(Some(order.workspace.id), order.max_cost);
        let Admission { run, attempt, mut calls, .. } =
            self.admission(&order, vec![pick], &task.principal)?;
        calls.iter_mut().for_each(|call| call.task = Some(task.id));
        let functions = functions(&calls);
        let admission = RunOfTask { position, run, attempt, calls };
        Ok(PreparedRun { admission, limits, task: task.id, functions })
    }

    /// Wakes the queue for a prepared run that was admitted.
    pub fn prepared_admitted(&self, prepared: &PreparedRun) {
        self.wake.notify_one();
        self.shadow_calls.evaluate_in_background(prepared.task, prepared.functions.clone());
    }
}
