//! What workers that are gone have left: their runs are taken over and gone on with, and what was kept for
//! them alone is freed.
//!
//! A worker of this machine is gone when its process is; one elsewhere when it was not heard of for long
//! enough. The start of a host waits for none of it.

use super::instance::Instance;
use super::local_worker::LocalWorker;
use super::rounds::Rounds;
use super::settings::Settings;
use super::shutdown::Shutdown;
use super::work::Work;
use jackfield_store::{InHand, Store, StoreError, Worker, WorkerKind};
use jackfield_types::{Problem, RunId, WorkerId};
use jackfield_workspace::Worktrees;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, OnceCell};

/// Takes over what workers that are gone have left.
pub(crate) struct Recovery {
    pub(super) store: Store,
    pub(super) worktrees: Worktrees,
    pub(super) work: Work,
    pub(super) worker: WorkerId,
    pub(super) wake: Arc<Notify>,
    pub(super) repaired: OnceCell<()>,
    pub(super) shutdown: Arc<Shutdown>,
    pub(super) host: String,
    pub(super) settings: Arc<Settings>,
    pub(super) rounds: Arc<Rounds>,
    pub(super) local: Arc<LocalWorker>,
}

impl Recovery {
    /// Takes over what workers that are gone have left. What they left half made is undone first, and once.
    pub(super) async fn recover(&self) {
        self.repaired.get_or_init(|| self.repair_worktrees()).await;
        if let Err(error) = self.take_over().await {
            tracing::error!(%error, "what earlier hosts left cannot be taken over now");
        }
    }

    /// Undoes worktrees that hosts which are gone left half made. Once, when the host is opened.
    pub(super) async fn repair_worktrees(&self) {
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
                self.rounds.take_up(hand.run);
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

    /// Takes over a run that is to end and whose worker is gone, whatever this host is there for: nobody else may
    /// come to end it.
    pub(super) async fn end_abandoned(&self, run: RunId) -> Result<(), Problem> {
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
            self.rounds.take_up(run);
        }
        Ok(())
    }

    /// Workers elsewhere that were not heard of for long enough, and those of this machine that are no more.
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

/// Whether nobody is there any more who has the run in hand.
fn is_gone(hand: &InHand, worker: Option<&Worker>) -> bool {
    match worker {
        // One that handed over may still be a part of a process that lives.
        Some(Worker { ended_at: Some(_), .. }) => true,
        Some(Worker { kind: WorkerKind::Remote, .. }) => false,
        Some(Worker { instance, .. }) => !Instance::lives(instance),
        // Of a version that knew no workers, or whose worker was forgotten: its host is on its attempts.
        None => hand.holder.as_deref().is_none_or(|holder| !Instance::lives(holder)),
    }
}
