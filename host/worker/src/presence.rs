//! Registration, heartbeats, and the lease within which the agents of a worker may run.

use super::coordinator_client::{PAUSE, Trouble};
use super::worker::Worker;
use jackfield_api::remote::{Heartbeat, Registration, WorkerTerms};
use jackfield_process::Lease;
use jackfield_types::{Failure, FailureClass, Problem};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// How long the host keeps a worker waiting for work.
pub(crate) const WAIT_S: u64 = 20;
/// This long before its agents' gates end them, the worker does it itself, and knows why.
const EARLY: Duration = Duration::from_secs(2);

/// See the module.
pub(crate) struct Presence {
    worker: Arc<Worker>,
    name: String,
    lease: Lease,
}

impl Presence {
    /// The presence of a worker under a name, with the lease of its agents.
    pub(crate) const fn new(worker: Arc<Worker>, name: String, lease: Lease) -> Self {
        Self { worker, name, lease }
    }

    /// Whether the lease has too little left for an agent to begin, or to go on.
    pub(crate) fn is_short(&self) -> bool {
        self.lease.left() <= EARLY
    }

    /// Registers the worker with the coordinating host.
    pub(crate) async fn register(&self) -> Result<(), Problem> {
        let registration = Registration {
            worker: self.worker.id,
            name: self.name.clone(),
            version: jackfield::VERSION.to_owned(),
            slots: self.worker.slots,
            executors: self.worker.host.leased_runs().executors(),
        };
        loop {
            let sent = Lease::now()?;
            match self.worker.coordinator.register(&registration, self.worker.patience()).await {
                Ok(terms) => {
                    self.heard_at(sent, terms);
                    return Ok(());
                }
                Err(Trouble::Refused(problem)) => return Err(problem),
                Err(trouble) => {
                    tracing::warn!("failed to register with the host, trying again: {trouble}");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// The host has answered to what was sent then: until so long after that it does not give this worker up.
    fn heard_at(&self, sent: Duration, terms: WorkerTerms) {
        self.worker.agree(terms);
        if let Err(error) = self.lease.renew(sent + Duration::from_secs(terms.lease_s)) {
            tracing::error!(%error, "the lease cannot be renewed, and agents end when it has run out");
        }
    }

    pub(crate) async fn beat(self: Arc<Self>) {
        loop {
            let (holds, ending) = self.worker.holds();
            let beat =
                Heartbeat { worker: self.worker.id, holds, ending, wait_s: self.worker.beat_s().min(WAIT_S) };
            let Ok(sent) = Lease::now() else { return };
            match self.worker.coordinator.beat(&beat, self.worker.patience()).await {
                Ok(heard) => {
                    if heard.unknown {
                        if let Err(problem) = self.register().await {
                            tracing::error!("the host does not take this worker any more: {problem}");
                            sleep(PAUSE).await;
                        }
                        continue;
                    }
                    self.heard_at(sent, heard.terms);
                    for (attempt, reason) in heard.end {
                        self.worker.end(attempt, Failure::new(FailureClass::Cancelled, reason));
                    }
                    let mut lost = false;
                    for attempt in heard.lost {
                        lost |= self.worker.end(
                            attempt,
                            Failure::new(FailureClass::Lost, "the host gave it to somebody else"),
                        );
                    }
                    if lost {
                        sleep(PAUSE).await;
                    }
                }
                Err(trouble) => {
                    tracing::warn!("the host does not hear that this worker lives: {trouble}");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Ends the agents in time where the host cannot be reached.
    pub(crate) async fn watch_lease(self: Arc<Self>) {
        loop {
            sleep(PAUSE).await;
            if self.is_short() {
                let cut = || {
                    Failure::new(
                        FailureClass::Lost,
                        "its worker could not reach the host for too long, and ended it",
                    )
                };
                self.worker.end_all(cut);
            }
        }
    }
}
