//! Loading a run from its record.

use super::order::Orders;
use super::running::Running;
use super::settings::Settings;
use super::shutdown::Shutdown;
use super::work::Work;
use jackfield_store::{Limits, RunView};
use jackfield_types::Problem;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Loads a run from its record, for whoever executes it.
pub(crate) struct RunLoader {
    pub(super) work: Work,
    pub(super) stop: CancellationToken,
    pub(super) shutdown: Arc<Shutdown>,
    pub(super) host: String,
    pub(super) settings: Arc<Settings>,
    pub(super) orders: Arc<Orders>,
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
