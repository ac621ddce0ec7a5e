//! Recovery from lost workers: takes over their runs, and frees the runs that were reserved for them.
//!
//! A local worker is lost when its process is gone, a remote one when its heartbeats have stopped for long enough. The
//! start of a host does not wait for recovery.

use crate::execution::rounds::Rounds;
use crate::scheduling::local_worker::LocalWorker;
use crate::scheduling::shutdown::Shutdown;
use crate::scheduling::work::Work;
use jackfield_core::instance::Instance;
use jackfield_core::settings::Settings;
use jackfield_store::{InHand, Store, StoreError, Worker, WorkerKind};
use jackfield_types::{Problem, RunId, WorkerId};
use jackfield_workspace::Worktrees;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, OnceCell};

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
    pub(crate) settings: Arc<Settings>,
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
        self.give_up_silent().await?;
        let workers: HashMap<_, _> =
            self.store.workers().list(true).await?.into_iter().map(|worker| (worker.id, worker)).collect();
        for hand in self.store.queue().in_hand().await? {
            let worker = hand.worker.and_then(|id| workers.get(&id));
            if hand.worker == Some(self.worker) || !is_gone(&hand, worker) {
                continue;
            }
            if self.store.queue().take_over(hand.run, hand.worker, self.worker, &self.host).await? {
                tracing::warn!(run = %hand.run, "its worker is gone: the run is taken over");
                self.rounds.spawn_round(hand.run);
            }
        }
        if self.work == Work::All {
            for instance in self.store.queue().affinities().await? {
                if !Instance::lives(&instance) {
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
        let Some(hand) = in_hand.into_iter().find(|hand| hand.run == run) else { return Ok(()) };
        let workers = self.store.workers().list(true).await?;
        let worker = workers.iter().find(|worker| Some(worker.id) == hand.worker);
        if hand.worker == Some(self.worker) || !is_gone(&hand, worker) {
            return Ok(());
        }
        if self.work == Work::Nothing && !self.local.begin().await {
            return Ok(());
        }
        if self.store.queue().take_over(run, hand.worker, self.worker, &self.host).await? {
            tracing::info!(%run, "its worker is gone: the run is taken over and ended");
            self.rounds.spawn_round(run);
        }
        Ok(())
    }

    /// Ends remote workers without heartbeats for `queue.rescue_s`, and local ones whose process is gone.
    async fn give_up_silent(&self) -> Result<(), StoreError> {
        let rescue = Duration::from_secs(self.settings.config().queue.rescue_s);
        for worker in self.store.workers().silent(rescue).await? {
            if worker.kind == WorkerKind::Remote || !Instance::lives(&worker.instance) {
                self.store.workers().end(worker.id, "it was not heard of any more").await?;
                tracing::warn!(worker = %worker.name, "a worker was not heard of any more and is given up");
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
        Some(Worker { instance, .. }) => !Instance::lives(instance),
        // Recorded by an older version, or the worker record is deleted: the attempts name the host.
        None => hand.holder.as_deref().is_none_or(|holder| !Instance::lives(holder)),
    }
}
