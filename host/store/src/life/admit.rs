//! Admission: the breaker is asked, the money is held and the rows are made in one transaction.

use crate::{AdmitError, Limits, NewAttempt, NewPluginCall, NewRun, NewTask, Store};
use jackfield_types::{RunId, TaskId};

/// A task with its first run and that run's first attempt.
#[derive(Debug, Clone)]
pub struct Admission {
    /// What is asked.
    pub task: NewTask,
    /// Its execution.
    pub run: NewRun,
    /// Its first attempt.
    pub attempt: NewAttempt,
    /// The decisions that led here.
    pub calls: Vec<NewPluginCall>,
}

/// What an admission came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admitted {
    /// The task.
    pub task: TaskId,
    /// Its run; of a task that was there already, the latest one.
    pub run: RunId,
    /// The same request was admitted before under the same key: nothing was made or reserved.
    pub existing: bool,
}

impl Store {
    /// Admits a task, its run and its first attempt, and holds the attempt's worst case.
    ///
    /// However many callers and processes ask at once, what is held and spent never passes a
    /// halting limit. A refusal leaves nothing behind but an event.
    pub async fn admit(&self, admission: Admission, limits: &Limits) -> Result<Admitted, AdmitError> {
        unimplemented!()
    }

    /// Admits another run of a task that is there, with its first attempt.
    pub async fn admit_run(
        &self,
        task: TaskId,
        run: NewRun,
        attempt: NewAttempt,
        calls: Vec<NewPluginCall>,
        limits: &Limits,
    ) -> Result<(), AdmitError> {
        unimplemented!()
    }

    /// Admits another attempt of a run, after the one before it was settled.
    pub async fn add_attempt(
        &self,
        run: RunId,
        attempt: NewAttempt,
        calls: Vec<NewPluginCall>,
        limits: &Limits,
    ) -> Result<(), AdmitError> {
        unimplemented!()
    }
}
