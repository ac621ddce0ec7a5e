//! Runs that another host has assigned to this one.

use super::super::handles::LeasedRuns;
use super::super::leased_runs::{Left, over};
use jackfield_api::remote::{Assignment, AttemptResult, ComponentCall};
use jackfield_store::{Attempt, RunView};
use jackfield_types::{Failure, Problem, RunId};
use jackfield_workspace::Worktree;
use std::path::Path;

impl LeasedRuns<'_> {
    /// Takes in a round that a host elsewhere gave, to be made in the copy at `folder`. Taken in already, it is
    /// the run that it became then.
    pub async fn accept(self, assignment: Assignment, folder: &Path) -> Result<RunId, Problem> {
        self.0.inner.assignments.take_assignment(assignment, folder).await
    }

    /// Runs that were given to this host, and not told in full yet.
    pub async fn unreported(self) -> Result<Vec<RunId>, Problem> {
        Ok(self.0.inner.store.workers().unreported().await?)
    }

    /// The host that gave this run knows all about it.
    pub async fn mark_reported(self, run: RunId) -> Result<(), Problem> {
        Ok(self.0.inner.store.workers().mark_reported(run).await?)
    }

    /// Resolves when something happens to a run, as far as this process knows.
    pub fn changes(self, run: RunId) -> tokio::sync::watch::Receiver<u64> {
        self.0.inner.store.changes(run)
    }

    /// Ends a run that was given to this host; the first reason counts.
    pub fn end(self, run: RunId, failure: Failure) {
        if let Some(running) = self.0.inner.running.lock().get(&run) {
            running.end_with(failure);
        }
    }

    /// What an attempt left in files and commits.
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

    /// How the attempts of a run that is over ended.
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

    /// Executors that can work here: their program is there.
    pub fn executors(self) -> Vec<String> {
        self.0.inner.assignments.executors_here()
    }
}
