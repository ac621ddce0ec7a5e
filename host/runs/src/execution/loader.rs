//! Loading a run from its record.

use crate::admission::order::Orders;
use crate::execution::running::Running;
use crate::scheduling::shutdown::Shutdown;
use crate::scheduling::work::Work;
use jackfield_core::settings::Settings;
use jackfield_store::{Limits, RunView};
use jackfield_types::Problem;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio_util::sync::CancellationToken;

/// Loads a run from its record for execution.
pub struct RunLoader {
    pub(crate) work: Work,
    pub(crate) stop: CancellationToken,
    pub(crate) shutdown: Arc<Shutdown>,
    pub(crate) host: String,
    pub(crate) settings: Arc<Settings>,
    pub(crate) orders: Arc<Orders>,
}

impl RunLoader {
    /// Loads a run from its record.
    pub(crate) async fn running(&self, view: &RunView) -> Result<Running, Problem> {
        let order = self.orders.order_again(view).await?;
        let limits = match view.run.assigned {
            // The host that assigned the run keeps its ledger.
            true => Limits::none(),
            false => self.settings.limits(Some(order.workspace.id), order.max_cost),
        };
        // A host that executes only its own run does not stay for a run that it took over.
        let found = self.work == Work::Own && view.run.affinity.as_deref() != Some(&self.host);
        let running = Running {
            id: view.run.id,
            hold: view.run.hold(),
            task: view.task.id,
            order,
            limits,
            cancel: if found { CancellationToken::new() } else { self.shutdown.ends.child_token() },
            handed_over: if found { self.stop.child_token() } else { self.shutdown.leaves.child_token() },
            reason: Mutex::default(),
            lost: AtomicBool::default(),
        };
        if let Some(reason) = &view.run.cancel_reason {
            running.cancel(reason);
        }
        Ok(running)
    }

    /// Loads a run whose round a remote worker executed: the shutdown of this host does not cancel it.
    pub async fn running_elsewhere(&self, view: &RunView) -> Result<Running, Problem> {
        let mut running = self.running(view).await?;
        if view.run.cancel_reason.is_none() {
            running.cancel = CancellationToken::new();
        }
        Ok(running)
    }
}
