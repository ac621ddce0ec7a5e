//! Checks that a worker asks for itself only.

use super::super::handles::RemoteWorkers;
use super::super::remote_workers::own::unknown;
use jackfield_store::{Attempt, Begun, NewWorker, RecordKind, StoreError, WorkerKind};
use jackfield_types::{AttemptId, ErrorCode, Problem, Scope, WorkerId, WorkspaceId};
use jackfield_workspace::Source;

impl RemoteWorkers<'_> {
    /// Puts a worker elsewhere on record, as the one of whoever asks.
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
                "make a token for each worker (`jackfield token create NAME --scope work`), or stop the other worker first",
            )),
        }
    }

    /// # Errors
    /// The same problem for a worker that is not known, one of this host's own, and one of another token.
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

    /// An attempt that was given to that worker, which is the asker's own.
    pub(super) async fn require_assigned(
        self,
        worker: WorkerId,
        attempt: AttemptId,
    ) -> Result<Attempt, Problem> {
        self.require_own(worker).await?;
        self.0.inner.remote.given_to(worker, attempt).await
    }

    /// The repository of a workspace in which a worker of the asker's has a run in hand, where that may be worked in.
    pub(super) async fn require_workspace(self, workspace: WorkspaceId) -> Result<Source, Problem> {
        let store = &self.0.inner.store;
        let admin = self.0.caller.scopes().allow(Scope::Admin);
        let own = |principal: Option<&str>| admin || principal == Some(self.0.caller.name());
        for worker in store.workers().list(false).await? {
            if worker.kind != WorkerKind::Remote || !own(worker.principal.as_deref()) {
                continue;
            }
            for claimed in store.workers().assigned(worker.id).await? {
                let view = store.runs().get(claimed.run).await?;
                if view.run.workspace == workspace {
                    let order = self.0.inner.orders.order_again(&view).await?;
                    self.0.inner.places.may_work(&order).await?;
                    return Ok(order.source);
                }
            }
        }
        Err(Problem::from(StoreError::NotFound { what: RecordKind::Workspace, id: workspace.to_string() }))
    }
}
