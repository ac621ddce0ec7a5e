//! Runs that another host assigned to this one.

use crate::handles::LeasedRuns;
use jackfield_api::remote::{Assignment, AttemptResult, ComponentCall};
use jackfield_fleet::leased_runs::{Left, over};
use jackfield_store::{Attempt, RunView};
use jackfield_types::{Failure, Problem, RunId};
use jackfield_workspace::Worktree;
use std::path::Path;

impl LeasedRuns<'_> {
    /// Accepts an assigned round, to be executed in the copy at `folder`. Returns the id of its run; an assignment
    /// that was accepted before returns the same run.
    ///
    /// # Errors
    /// A [`Problem`] if the assignment has no attempt, or this worker lacks one of its executors or rungs.
    pub async fn accept(self, assignment: Assignment, folder: &Path) -> Result<RunId, Problem> {
        self.0.inner.assignments.take_assignment(assignment, folder).await
    }

    /// Returns the assigned runs that are not reported in full yet.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn unreported(self) -> Result<Vec<RunId>, Problem> {
        Ok(self.0.inner.store.workers().unreported().await?)
    }

    /// Marks a run as reported in full to the host that assigned it.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be written.
    pub async fn mark_reported(self, run: RunId) -> Result<(), Problem> {
        Ok(self.0.inner.store.workers().mark_reported(run).await?)
    }

    /// Returns a receiver that resolves when this process changes a run.
    pub fn changes(self, run: RunId) -> tokio::sync::watch::Receiver<u64> {
        self.0.inner.store.changes(run)
    }

    /// Ends an assigned run with `failure`. Only the first call has an effect.
    pub fn end(self, run: RunId, failure: Failure) {
        if let Some(running) = self.0.inner.runs.shared.running.lock().get(&run) {
            running.end_with(failure);
        }
    }

    /// Returns the files and commits that an attempt left.
    pub fn leftovers(self, run: RunId, attempt: &Attempt) -> Left {
        let files = self.0.inner.folders.attempt_files(run, attempt.id);
        let worktree =
            attempt.worktree.as_deref().and_then(|text| serde_json::from_str::<Worktree>(text).ok());
        Left {
            log: files.stdout,
            diff: files.diff,
            work: worktree.map(|worktree| (worktree.repository, worktree.branch, worktree.base)),
        }
    }

    /// Returns the results of the attempts of an ended run.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn finished_attempts(self, view: &RunView) -> Result<Vec<AttemptResult>, Problem> {
        let calls = self.0.inner.store.decisions().of_task(view.task.id).await?;
        let over = |attempt: &Attempt| {
            let own = calls.iter().filter(|call| call.attempt == Some(attempt.id));
            let calls = own.map(|call| ComponentCall {
                plugin: call.plugin.clone(),
                function: call.function.clone(),
                facts: call.facts.clone(),
                answer: call.answer.clone(),
                micros: call.micros,
                seed: call.seed,
                notes: call.notes.clone(),
                error: call.error.clone(),
            });
            over(view, attempt, calls.collect())
        };
        Ok(view.attempts.iter().map(over).collect())
    }

    /// Returns the enabled executors with an installed program.
    pub fn executors(self) -> Vec<String> {
        self.0.inner.runs.probes.installed_executors()
    }
}
