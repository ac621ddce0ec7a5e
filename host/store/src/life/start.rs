//! What happens between admission and settlement: starts, adoption, events as they come.

use crate::{NewRunEvent, Store, StoreError};
use jackfield_types::{AttemptId, RunId, RunState};
use serde_json::Value;

/// What an attempt's process was started as and where.
#[derive(Debug, Clone)]
pub struct Started {
    /// What tells the process from any other; the store does not look into it.
    pub identity: Value,
    /// Where it works.
    pub worktree: String,
    /// The branch it works on, where there is one.
    pub branch: Option<String>,
    /// The commit it began from, where there is one.
    pub base: Option<String>,
}

impl Store {
    /// The run left the queue.
    pub async fn run_started(&self, run: RunId) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// The run ended, or goes back to the queue, without an attempt to settle. Refused while one of
    /// its attempts is not settled.
    pub async fn run_ended(&self, run: RunId, state: RunState, why: &str) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// The attempt's worktree is there and its process was started.
    pub async fn attempt_started(&self, attempt: AttemptId, started: Started) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// Another host instance takes over an attempt that is not settled. False: somebody else was
    /// first, or it is settled.
    pub async fn adopt(&self, attempt: AttemptId, from: &str, to: &str) -> Result<bool, StoreError> {
        unimplemented!()
    }

    /// Appends to a run's events and gives the sequence number of the last. Numbers begin at 1 and
    /// have no gap, however many append at once.
    pub async fn append_events(
        &self,
        run: RunId,
        attempt: Option<AttemptId>,
        events: Vec<NewRunEvent>,
    ) -> Result<u64, StoreError> {
        unimplemented!()
    }
}
