//! A run in this host's hands, made from its record: whoever takes it up knows nothing else of it.

use super::Inner;
use super::order::Order;
use super::worker::Work;
use jackfield_store::{Limits, RunView};
use jackfield_types::{Failure, FailureClass, Problem, RunId, TaskId};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

/// A run in this host's hands.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) id: RunId,
    pub(crate) task: TaskId,
    pub(crate) order: Order,
    pub(crate) limits: Limits,
    pub(crate) cancel: CancellationToken,
    /// Where its agent, which an earlier host started, is left alone when this host stops.
    left_alone: Option<CancellationToken>,
    /// What its attempts fail with once it is cancelled.
    reason: Mutex<Option<Failure>>,
}

impl Running {
    /// Resolves when this host stops and leaves the agent to the next one; for most runs, never.
    pub(crate) async fn left_alone(&self) {
        match &self.left_alone {
            Some(stop) => stop.cancelled().await,
            None => std::future::pending().await,
        }
    }

    /// Ends it; the first reason counts.
    pub(crate) fn cancel(&self, reason: &str) {
        self.end_with(Failure::new(FailureClass::Cancelled, reason));
    }

    /// Ends it, and its attempts fail with that; the first failure counts.
    pub(crate) fn end_with(&self, failure: Failure) {
        self.reason.lock().get_or_insert(failure);
        self.cancel.cancel();
    }

    /// What its attempt fails with once it is cancelled.
    pub(crate) fn cancelled(&self) -> Failure {
        let stopped = || Failure::new(FailureClass::Cancelled, "the host was stopped");
        self.reason.lock().clone().unwrap_or_else(stopped)
    }
}

impl Inner {
    /// A run as its record has it.
    pub(crate) async fn running(&self, view: &RunView) -> Result<Running, Problem> {
        let order = self.order_again(view).await?;
        let limits = match view.run.assigned {
            // Whoever gave it keeps its books.
            true => Limits::none(),
            false => self.limits(Some(order.workspace.id), order.max_cost),
        };
        // A host that is there for one run only does not stay for what it took over.
        let found = self.work == Work::Own && view.run.affinity.as_deref() != Some(&self.host);
        let running = Running {
            id: view.run.id,
            task: view.task.id,
            order,
            limits,
            cancel: if found { CancellationToken::new() } else { self.stop.child_token() },
            left_alone: found.then(|| self.stop.clone()),
            reason: Mutex::default(),
        };
        if let Some(reason) = &view.run.cancel_reason {
            running.cancel(reason);
        }
        Ok(running)
    }

    /// A run whose round was made elsewhere: that this host is being stopped does not concern it.
    pub(crate) async fn running_elsewhere(&self, view: &RunView) -> Result<Running, Problem> {
        let mut running = self.running(view).await?;
        if view.run.cancel_reason.is_none() {
            running.cancel = CancellationToken::new();
        }
        Ok(running)
    }
}
