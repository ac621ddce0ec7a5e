//! Recovery from lost workers: takes over their runs, and frees the runs that were reserved for them.
//!
//! A worker is lost when its lease has run out, and a local one of this machine already when its process is gone: one
//! that is suspended still has a process. The start of a host does not wait for recovery.

use crate::execution::rounds::Rounds;
use crate::scheduling::local_worker::LocalWorker;
use crate::scheduling::shutdown::Shutdown;
use crate::scheduling::work::Work;
use jackfield_core::instance::{Instance, Presence};
use jackfield_store::{InHand, Store, StoreError, Worker, WorkerKind};
use jackfield_types::{Problem, RunId, WorkerId};
use jackfield_workspace::Worktrees;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Notify, OnceCell};

/// Why a worker is given up.
const LEASE_RAN_OUT: &str = "its lease ran out";

/// Takes over what workers that are gone have left.
pub struct Recovery {
    pub(crate) store: Store,
    pub(crate) worktrees: Worktrees,
    pub(crate) work: Work,
    pub(crate) worker: WorkerId,
    pub(crate) wake: Arc<Notify>,
    pub(crate) repaired: OnceCell<()>,
    pub(crate) shutdown: Arc<Shutdown>,
    pub(crate) host: String,
    pub(crate) rounds: Arc<Rounds>,
    pub(crate) local: Arc<LocalWorker>,
}

impl Recovery {
    /// Repairs worktrees once, then takes over the runs of lost workers.
    pub async fn recover(&self) {
        self.repaired.get_or_init(|| self.repair_worktrees()).await;
        if let Err(error) = self.take_over().await {
            tracing::error!(%error, "what earlier hosts left cannot be taken over now");
        }
    }

    /// Repairs the incomplete worktrees of earlier hosts.
    pub(crate) async fn repair_worktrees(&self) {
        match self.worktrees.repair().await {
            Ok(repaired) => {
                for failed in repaired.failed {
                    tracing::warn!("a worktree of an earlier host was not repaired: {failed}");
                }
            }
            Err(error) => tracing::warn!(%error, "worktrees of an earlier host were not repaired"),
        }
    }

    async fn take_over(&self) -> Result<(), StoreError> {
        if self.shutdown.closed.is_cancelled() {
            return Ok(());
        }
        self.give_up_lost().await?;
        let workers: HashMap<_, _> =
            self.store.workers().list(true).await?.into_iter().map(|worker| (worker.id, worker)).collect();
        for hand in self.store.queue().in_hand().await? {
            let worker = hand.worker.and_then(|id| workers.get(&id));
            if hand.worker == Some(self.worker) || !is_gone(&hand, worker) {
                continue;
            }
            if let Some(hold) = self.store.queue().take_over(&hand, self.worker, &self.host).await? {
                tracing::warn!(run = %hold.run, "its worker is gone: the run is taken over");
                self.rounds.spawn_round(hold);
            }
        }
        if self.work == Work::All {
            for instance in self.store.queue().affinities().await? {
                if is_without_worker(&instance, &workers) {
                    self.store.queue().forget_affinity(&instance).await?;
                    self.wake.notify_one();
                }
            }
        }
        Ok(())
    }

    /// Takes over a run that is to be cancelled and whose worker is lost, even if this host executes no work: no other
    /// host may come.
    pub async fn end_abandoned(&self, run: RunId) -> Result<(), Problem> {
        let in_hand = self.store.queue().in_hand().await?;
        let Some(hand) = in_hand.into_iter().find(|hand| hand.hold.run == run) else { return Ok(()) };
        let workers = self.store.workers().list(true).await?;
        let worker = workers.iter().find(|worker| Some(worker.id) == hand.worker);
        if hand.worker == Some(self.worker) || !is_gone(&hand, worker) {
            return Ok(());
        }
        if self.work == Work::Nothing && !self.local.begin().await {
            return Ok(());
        }
        if let Some(hold) = self.store.queue().take_over(&hand, self.worker, &self.host).await? {
            tracing::info!(%run, "its worker is gone: the run is taken over and ended");
            self.rounds.spawn_round(hold);
        }
        Ok(())
    }

    /// Ends the workers whose lease has run out.
    async fn give_up_lost(&self) -> Result<(), StoreError> {
        for worker in self.store.workers().expired().await? {
            if worker.id != self.worker && self.store.workers().give_up(worker.id, LEASE_RAN_OUT).await? {
                tracing::warn!(worker = %worker.name, "the lease of a worker ran out: its runs are taken over");
            }
        }
        Ok(())
    }
}

/// Whether the worker that executes the run is lost.
fn is_gone(hand: &InHand, worker: Option<&Worker>) -> bool {
    match worker {
        // A worker that handed over may belong to a process that still runs.
        Some(Worker { ended_at: Some(_), .. }) => true,
        Some(Worker { kind: WorkerKind::Remote, .. }) => false,
        Some(Worker { instance, .. }) => Instance::presence(instance) == Presence::Gone,
        // Recorded by an older version, or the worker record is deleted: the attempts name the host.
        None => hand.holder.as_deref().is_none_or(|holder| Instance::presence(holder) != Presence::Runs),
    }
}

/// Whether no worker of a host instance is left that could claim the runs that are reserved for it.
fn is_without_worker(instance: &str, workers: &HashMap<WorkerId, Worker>) -> bool {
    let own = || workers.values().filter(|worker| worker.instance == instance);
    match Instance::presence(instance) {
        Presence::Gone => true,
        // A host may queue a run before its worker is registered.
        Presence::Runs => own().next().is_some() && own().all(|worker| worker.ended_at.is_some()),
        Presence::Elsewhere => own().all(|worker| worker.ended_at.is_some()),
    }
}
