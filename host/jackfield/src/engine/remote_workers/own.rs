//! What a worker elsewhere may speak of: of itself, and of what it was given. A token of the scope `work` stands for one
//! worker, the one that registered with it.

use super::super::handles::RemoteWorkers;
use super::super::remote_workers::RemoteRounds;
use super::told;
use jackfield_api::elsewhere::{Assignment, Registration};
use jackfield_store::{Attempt, Begun, Claimed, NewWorker, StoreError, WorkerKind};
use jackfield_types::{AttemptId, Problem, Scope, WorkerId, WorkspaceId};
use jackfield_workspace::Source;

/// The code of the answer to whoever speaks for a worker that is not known, or not its own.
pub(super) const UNKNOWN: &str = "worker_not_found";

/// Longest name and version of a worker, and name of an executor, bytes.
const LONGEST_NAME: usize = 200;
/// Most executors, and most attempts at once, of one worker.
const MOST_EXECUTORS: usize = 200;
const MOST_SLOTS: u32 = 10_000;

/// What a registration may hold.
pub(super) fn check_bounds(registration: &Registration) -> Result<(), Problem> {
    let Registration { name, version, slots, executors, .. } = registration;
    let fits = |text: &String| !text.is_empty() && text.len() <= LONGEST_NAME && !text.contains('\0');
    let field = match () {
        () if !fits(name) => "name",
        () if !fits(version) => "version",
        () if *slots > MOST_SLOTS => "slots",
        () if executors.len() > MOST_EXECUTORS || !executors.iter().all(fits) => "executors",
        () => return Ok(()),
    };
    Err(Problem::caller(
        "bad_registration",
        format!("the field `{field}` of the worker's registration is out of bounds"),
        format!(
            "give names of 1 to {LONGEST_NAME} bytes, at most {MOST_EXECUTORS} executors and at most {MOST_SLOTS} slots"
        ),
    ))
}

impl RemoteWorkers<'_> {
    /// Puts a worker elsewhere on record, as the one of whoever asks.
    pub async fn require_registration(self, worker: NewWorker) -> Result<(), Problem> {
        let id = worker.id;
        let one = !self.0.caller.scopes().allow(Scope::Admin);
        match self.0.inner.store.remote_worker_begins(worker, one).await.map_err(told)? {
            Begun::Begun => Ok(()),
            Begun::NotItsOwn => Err(unknown(id)),
            Begun::Another(other) => Err(Problem::caller(
                "token_has_worker",
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
    pub async fn require_own(self, worker: WorkerId) -> Result<(), Problem> {
        let known = match self.0.inner.store.worker(worker).await {
            Err(StoreError::NotFound { .. }) => return Err(unknown(worker)),
            known => known.map_err(told)?,
        };
        let own = known.principal.as_deref() == Some(self.0.caller.name());
        if known.kind == WorkerKind::Remote && (own || self.0.caller.scopes().allow(Scope::Admin)) {
            return Ok(());
        }
        Err(unknown(worker))
    }

    /// An attempt that was given to that worker, which is the asker's own.
    pub async fn require_assigned(self, worker: WorkerId, attempt: AttemptId) -> Result<Attempt, Problem> {
        self.require_own(worker).await?;
        self.0.inner.remote.given_to(worker, attempt).await
    }

    /// The repository of a workspace in which a worker of the asker's has a run in hand, where that may be worked in.
    pub async fn require_workspace(self, workspace: WorkspaceId) -> Result<Source, Problem> {
        let store = &self.0.inner.store;
        let admin = self.0.caller.scopes().allow(Scope::Admin);
        let own = |principal: Option<&str>| admin || principal == Some(self.0.caller.name());
        for worker in store.workers(false).await.map_err(told)? {
            if worker.kind != WorkerKind::Remote || !own(worker.principal.as_deref()) {
                continue;
            }
            for claimed in store.handed_out(worker.id).await.map_err(told)? {
                let view = store.run(claimed.run).await.map_err(told)?;
                if view.run.workspace == workspace {
                    let order = self.0.inner.orders.order_again(&view).await?;
                    self.0.inner.places.may_work(&order).await?;
                    return Ok(order.source);
                }
            }
        }
        Err(told(StoreError::NotFound { what: "workspace", id: workspace.to_string() }))
    }
}

impl RemoteRounds {
    /// A round for a worker; none where it may not be worked on where it was admitted, in which case it has failed.
    pub(super) async fn assignment_that_may(&self, claimed: &Claimed) -> Result<Option<Assignment>, Problem> {
        let view = self.store.run(claimed.run).await.map_err(told)?;
        let order = match self.orders.order_again(&view).await {
            Ok(order) => self.places.may_work(&order).await.map(|()| order),
            Err(problem) => Err(problem),
        };
        match order {
            Ok(order) => self.assignment(claimed, &view, order).await.map(Some),
            Err(problem) => {
                self.rounds.cannot_carry(&view, &problem).await;
                Ok(None)
            }
        }
    }
}

fn unknown(worker: WorkerId) -> Problem {
    Problem::caller(
        UNKNOWN,
        format!("there is no worker {worker}"),
        "register the worker with its own token before it asks for work",
    )
}
