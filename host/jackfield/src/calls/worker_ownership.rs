//! Checks that a worker acts only for itself.

use crate::handles::RemoteWorkers;
use jackfield_fleet::remote_workers::own::unknown;
use jackfield_store::{Attempt, Begun, NewWorker, RecordKind, StoreError, WorkerKind};
use jackfield_types::{AttemptId, ErrorCode, Problem, Scope, WorkerId, WorkspaceId};
use jackfield_workspace::Source;

impl RemoteWorkers<'_> {
    /// Registers a remote worker as this principal's.
    pub(super) async fn require_registration(self, worker: NewWorker) -> Result<(), Problem> {
        let id = worker.id;
        let one = !self.0.caller.scopes().allow(Scope::Admin);
        match self.0.inner.store.workers().begin_remote(worker, one).await? {
            Begun::Begun => Ok(()),
            Begun::NotItsOwn => Err(unknown(id)),
            Begun::Another(other) => Err(Problem::caller(
                ErrorCode::TokenHasWorker,
                format!(
                    "failed to register worker {id}: the token of '{}' is that of worker {other}",
                    self.0.caller.name()
                ),
                "make a token with the scope work for each worker, or stop the other worker first",
            )),
        }
    }

    /// Checks that the worker belongs to this principal.
    ///
    /// # Errors
    /// The same problem for an unknown worker, a worker of this host, and a worker of another token.
    pub(super) async fn require_own(self, worker: WorkerId) -> Result<(), Problem> {
        let known = match self.0.inner.store.workers().get(worker).await {
            Err(StoreError::NotFound { .. }) => return Err(unknown(worker)),
            known => known?,
        };
        let own = known.principal.as_deref() == Some(self.0.caller.name());
        if known.kind == WorkerKind::Remote && (own || self.0.caller.scopes().allow(Scope::Admin)) {
            return Ok(());
        }
        Err(unknown(worker))
    }

    /// Returns an attempt that was assigned to this worker, after checking that the worker is this principal's.
    pub(super) async fn require_assigned(
        self,
        worker: WorkerId,
        attempt: AttemptId,
    ) -> Result<Attempt, Problem> {
        self.require_own(worker).await?;
        self.0.inner.remote.given_to(worker, attempt).await
    }

    /// Returns the repository of a workspace if a worker of this principal executes a run in it and work there is
    /// allowed.
    pub(super) async fn require_workspace(self, workspace: WorkspaceId) -> Result<Source, Problem> {
        let store = &self.0.inner.store;
        let admin = self.0.caller.scopes().allow(Scope::Admin);
        let own = |principal: Option<&str>| admin || principal == Some(self.0.caller.name());
        for worker in store.workers().list(false).await? {
            if worker.kind != WorkerKind::Remote || !own(worker.principal.as_deref()) {
                continue;
            }
            for claimed in store.workers().assigned(worker.id).await? {
                let view = store.runs().get(claimed.hold.run).await?;
                if view.run.workspace == workspace {
                    let order = self.0.inner.runs.orders.order_again(&view).await?;
                    self.0.inner.runs.places.may_work(&order).await?;
                    return Ok(order.source);
                }
            }
        }
        Err(Problem::from(StoreError::NotFound { what: RecordKind::Workspace, id: workspace.to_string() }))
    }
}
