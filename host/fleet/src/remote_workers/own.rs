//! Checks of remote workers: a worker acts only for itself and its attempts. A token with the scope `work` belongs to
//! the one worker that registered with it.

use crate::remote_workers::RemoteRounds;
use jackfield_api::remote::{Assignment, Registration};
use jackfield_store::Claimed;
use jackfield_types::{ErrorCode, Problem, WorkerId};

/// The code of the problem for an unknown worker, or that of another principal.
pub const UNKNOWN: ErrorCode = ErrorCode::WorkerNotFound;

/// Longest name and version of a worker, and name of an executor, bytes.
const LONGEST_NAME: usize = 200;
/// Most executors and most slots of a worker.
const MOST_EXECUTORS: usize = 200;
const MOST_SLOTS: u32 = 10_000;

/// Checks the bounds of a registration.
pub fn check_bounds(registration: &Registration) -> Result<(), Problem> {
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
        ErrorCode::BadRegistration,
        format!("the field `{field}` of the worker's registration is out of bounds"),
        format!(
            "give names of 1 to {LONGEST_NAME} bytes, at most {MOST_EXECUTORS} executors and at most {MOST_SLOTS} slots"
        ),
    ))
}

impl RemoteRounds {
    /// Returns the assignment of a claimed round. If the run may not work in its admitted place, it fails and the
    /// answer is `None`.
    pub(super) async fn assignment_that_may(&self, claimed: &Claimed) -> Result<Option<Assignment>, Problem> {
        let view = self.store.runs().get(claimed.hold.run).await?;
        let order = match self.orders.order_again(&view).await {
            Ok(order) => self.places.may_work(&order).await.map(|()| order),
            Err(problem) => Err(problem),
        };
        match order {
            Ok(order) => self.assignment(claimed, &view, order).await.map(Some),
            Err(problem) => {
                self.rounds.fail_run(&view, &problem).await;
                Ok(None)
            }
        }
    }
}

/// The problem of a worker that is not on record.
pub fn unknown(worker: WorkerId) -> Problem {
    Problem::caller(
        UNKNOWN,
        format!("there is no worker {worker}"),
        "register the worker with its own token before it asks for work",
    )
}
