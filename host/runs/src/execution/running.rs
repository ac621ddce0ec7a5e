//! A run that this host executes, loaded from its record.

use crate::admission::resolved_request::Order;
use jackfield_store::{Hold, Limits, Store};
use jackfield_types::{Failure, FailureClass, RunId, TaskId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::CancellationToken;

/// The runs that this host executes.
pub type RunsInHand = Mutex<HashMap<RunId, Arc<Running>>>;

/// A run that this host executes.
#[derive(Debug)]
pub struct Running {
    pub(crate) id: RunId,
    /// This host's claim on it.
    pub(crate) hold: Hold,
    pub(crate) task: TaskId,
    /// The resolved request.
    pub order: Order,
    pub(crate) limits: Limits,
    pub(crate) cancel: CancellationToken,
    /// Cancelled if its agents are handed over to the next host.
    pub(crate) handed_over: CancellationToken,
    /// The failure of its attempts once it is cancelled.
    pub(crate) reason: Mutex<Option<Failure>>,
    /// Another worker has taken it over.
    pub(crate) lost: AtomicBool,
}

impl Running {
    /// Resolves when this host stops and hands its agents over to the next one.
    pub(crate) async fn handed_over(&self) {
        self.handed_over.cancelled().await;
    }

    /// Resolves when the run is cancelled or handed over to the next host.
    pub(crate) async fn stopped(&self) {
        tokio::select! {
            () = self.cancel.cancelled() => {}
            () = self.handed_over() => {}
        }
    }

    /// Stops the work on a run that another worker has taken over, and leaves its agents to that worker.
    pub(crate) fn lose(&self) {
        if !self.lost.swap(true, Ordering::Relaxed) {
            tracing::warn!(run = %self.id, "another worker has taken this run over: this host stops its work on it");
            self.handed_over.cancel();
        }
    }

    /// Whether another worker has taken it over.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Whether this host still has the run. Asked before anything that cannot be undone, such as the end of an agent: a
    /// host that was suspended may find that another one has gone on with its run. A store that cannot be read does not
    /// take the run away.
    pub(crate) async fn is_held(&self, store: &Store) -> bool {
        match store.queue().holds(self.hold).await {
            Ok(true) => {}
            Ok(false) => self.lose(),
            Err(error) => {
                tracing::warn!(run = %self.id, %error, "failed to read whether this host has the run")
            }
        }
        !self.is_lost()
    }

    /// Whether this host has handed its agents over to the next one.
    pub(crate) fn is_handed_over(&self) -> bool {
        self.handed_over.is_cancelled()
    }

    /// Cancels the run. Only the first reason counts.
    pub(crate) fn cancel(&self, reason: &str) {
        self.end_with(Failure::new(FailureClass::Cancelled, reason));
    }

    /// Ends the run with a failure of its attempts. Only the first failure counts.
    pub fn end_with(&self, failure: Failure) {
        self.reason.lock().get_or_insert(failure);
        self.cancel.cancel();
    }

    /// The failure of an attempt of the cancelled run.
    pub(crate) fn cancelled(&self) -> Failure {
        let stopped = || Failure::new(FailureClass::Cancelled, "the host was stopped");
        self.reason.lock().clone().unwrap_or_else(stopped)
    }
}
