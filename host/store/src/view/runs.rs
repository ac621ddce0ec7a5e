//! Runs, tasks and attempts as they are read back.

use crate::{Attempt, RunEvent, RunSummary, RunView, Store, StoreError, Task};
use jackfield_types::{AttemptId, RunId, RunState, TaskId, WorkspaceId};

/// Which runs to list, newest first.
#[derive(Debug, Clone)]
pub struct RunFilter {
    /// In one of these states; empty: in any.
    pub states: Vec<RunState>,
    /// Of one workspace.
    pub workspace: Option<WorkspaceId>,
    /// Older than this one.
    pub before: Option<RunId>,
    /// At most so many.
    pub limit: u32,
}

impl Default for RunFilter {
    fn default() -> Self {
        Self { states: Vec::new(), workspace: None, before: None, limit: 50 }
    }
}

impl Store {
    /// Everything about one run.
    pub async fn run(&self, run: RunId) -> Result<RunView, StoreError> {
        unimplemented!()
    }

    /// The run with this id, or the only one whose id begins so (case does not matter).
    pub async fn find_run(&self, id: &str) -> Result<RunId, StoreError> {
        unimplemented!()
    }

    /// The latest run of a task; none: it has none yet.
    pub async fn latest_run(&self, task: TaskId) -> Result<Option<RunId>, StoreError> {
        unimplemented!()
    }

    /// Runs, newest first.
    pub async fn runs(&self, filter: RunFilter) -> Result<Vec<RunSummary>, StoreError> {
        unimplemented!()
    }

    /// One task.
    pub async fn task(&self, task: TaskId) -> Result<Task, StoreError> {
        unimplemented!()
    }

    /// One attempt.
    pub async fn attempt(&self, attempt: AttemptId) -> Result<Attempt, StoreError> {
        unimplemented!()
    }

    /// Events of a run after a sequence number, oldest first.
    pub async fn run_events(&self, run: RunId, after: u64, limit: u32) -> Result<Vec<RunEvent>, StoreError> {
        unimplemented!()
    }

    /// Attempts that are not settled, oldest first: those of one host instance, or of all.
    pub async fn in_flight(&self, host: Option<&str>) -> Result<Vec<Attempt>, StoreError> {
        unimplemented!()
    }
}
