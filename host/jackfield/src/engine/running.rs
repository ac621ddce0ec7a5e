//! A run in this host's hands, made from its record: whoever takes it up knows nothing else of it.

use super::order::{Order, Orders};
use super::settings::Settings;
use super::shutdown::Shutdown;
use super::worker::Work;
use jackfield_store::{Limits, RunView};
use jackfield_types::{Failure, FailureClass, Problem, RunId, TaskId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The runs in this host's hands.
pub(crate) type RunsInHand = Mutex<HashMap<RunId, Arc<Running>>>;

/// A run in this host's hands.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) id: RunId,
    pub(crate) task: TaskId,
    pub(crate) order: Order,
    pub(crate) limits: Limits,
    pub(crate) cancel: CancellationToken,
    /// Cancelled where its agents are left to the next host.
    left_alone: CancellationToken,
    /// What its attempts fail with once it is cancelled.
    reason: Mutex<Option<Failure>>,
}

impl Running {
    /// Resolves when this host stops and leaves the agents to the next one.
    pub(crate) async fn left_alone(&self) {
        self.left_alone.cancelled().await;
    }

    /// Resolves when it is called off, or left to the next host.
    pub(crate) async fn off(&self) {
        tokio::select! {
            () = self.cancel.cancelled() => {}
            () = self.left_alone() => {}
        }
    }

    /// Whether this host has left its agents to the next one.
    pub(crate) fn is_left_alone(&self) -> bool {
        self.left_alone.is_cancelled()
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

/// Loads a run from its record, for whoever executes it.
#[derive(Clone)]
pub(crate) struct RunLoader {
    pub(super) work: Work,
    pub(super) stop: CancellationToken,
    pub(super) shutdown: Arc<Shutdown>,
    pub(super) host: String,
    pub(super) settings: Settings,
    pub(super) orders: Orders,
}

impl RunLoader {
    /// A run as its record has it.
    pub(crate) async fn running(&self, view: &RunView) -> Result<Running, Problem> {
        let order = self.orders.order_again(view).await?;
        let limits = match view.run.assigned {
            // Whoever gave it keeps its books.
            true => Limits::none(),
            false => self.settings.limits(Some(order.workspace.id), order.max_cost),
        };
        // A host that is there for one run only does not stay for what it took over.
        let found = self.work == Work::Own && view.run.affinity.as_deref() != Some(&self.host);
        let running = Running {
            id: view.run.id,
            task: view.task.id,
            order,
            limits,
            cancel: if found { CancellationToken::new() } else { self.shutdown.ends.child_token() },
            left_alone: if found { self.stop.clone() } else { self.shutdown.leaves.clone() },
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
