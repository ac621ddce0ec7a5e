//! The worker of this host: claims and executes queued runs, sends heartbeats, and recovers from lost workers.

use crate::execution::rounds::Rounds;
use crate::execution::running::RunsInHand;
use crate::scheduling::backlog::Backlog;
use crate::scheduling::local_worker::LocalWorker;
use crate::scheduling::recover::Recovery;
use crate::scheduling::shutdown::Shutdown;
use crate::scheduling::work::{Work, most};
use crate::selection::health::HealthProbes;
use jackfield_core::settings::Settings;
use jackfield_store::{Offer, Store, StoreError, WorkerKind};
use jackfield_types::WorkerId;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often the worker reads the queue and the requests of other processes on the data folder. A read takes
/// microseconds.
pub const LOOK: Duration = Duration::from_millis(250);

/// Claims queued runs while the host serves.
pub struct Queue {
    pub(crate) store: Store,
    pub(crate) running: Arc<RunsInHand>,
    pub(crate) work: Work,
    pub(crate) worker: WorkerId,
    pub(crate) wake: Arc<Notify>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) shutdown: Arc<Shutdown>,
    pub(crate) host: String,
    pub(crate) settings: Arc<Settings>,
    pub(crate) rounds: Arc<Rounds>,
    pub(crate) local: Arc<LocalWorker>,
    pub(crate) backlog: Arc<Backlog>,
    pub(crate) recovery: Arc<Recovery>,
    pub(crate) probes: Arc<HealthProbes>,
}

impl Queue {
    /// Works until the host stops.
    pub async fn work(self: Arc<Self>) {
        if self.work == Work::Nothing || !self.local.begin().await {
            return;
        }
        let seconds = |seconds: u64| Duration::from_secs(seconds.max(1));
        let mut beat = interval(seconds(self.settings.config().queue.heartbeat_s));
        let mut look = interval(LOOK);
        for ticks in [&mut beat, &mut look] {
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = self.wake.notified() => self.claim_all().await,
                _ = look.tick() => {
                    self.heed().await;
                    self.claim_all().await;
                }
                _ = beat.tick() => {
                    // Recovery can take a while, and queued runs need not wait for it.
                    let inner = Arc::clone(&self);
                    self.tasks.spawn(async move { inner.live().await });
                }
            }
        }
    }

    /// Sends a heartbeat, and recovers from lost workers.
    async fn live(&self) {
        match self.store.workers().heartbeat(self.worker, self.local.lease()).await {
            Ok(heard) if heard.given_up => {
                self.drop_lost().await;
                self.local.begin().await;
            }
            // The machine was suspended, perhaps: the others get the time to renew their leases, too.
            Ok(heard) if heard.late => return,
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "failed to record the heartbeat of this worker"),
        }
        self.recovery.recover().await;
    }

    /// Stops the work on the runs that other workers have taken over.
    async fn drop_lost(&self) {
        let ours: Vec<_> = self.running.lock().values().cloned().collect();
        for run in ours {
            run.is_held(&self.store).await;
        }
    }

    /// Claims runs while there are any and slots are free.
    async fn claim_all(&self) {
        while !self.shutdown.closed.is_cancelled() {
            match self.claim().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(%error, "nothing can be claimed");
                    return;
                }
            }
        }
    }

    /// The executors that this host claims runs for: all of them, so that a missing program is reported; with remote
    /// workers, only those whose program is installed here.
    async fn takes(&self) -> Result<Option<Vec<String>>, StoreError> {
        let workers = self.store.workers().list(false).await?;
        let others = workers.iter().any(|worker| worker.kind == WorkerKind::Remote);
        Ok(others.then(|| self.probes.installed_executors()))
    }

    async fn claim(&self) -> Result<bool, StoreError> {
        if !self.settings.config().run.here && self.work == Work::All {
            return Ok(false);
        }
        let free = most(self.settings.config().run.max_concurrent);
        let offer = Offer {
            worker: self.worker,
            holder: self.host.clone(),
            free,
            executors: self.takes().await?,
            workspaces: None,
            only_own: self.work == Work::Own,
            elsewhere: false,
        };
        let Some(claimed) = self.store.queue().claim(offer, self.backlog.caps(Some(free)).await?).await?
        else {
            return Ok(false);
        };
        self.rounds.spawn_round(claimed.hold);
        Ok(true)
    }

    /// Cancels the runs that another process wants cancelled.
    async fn heed(&self) {
        if self.running.lock().is_empty() {
            return;
        }
        match self.store.queue().called_off(self.worker).await {
            Ok(called_off) => {
                for (run, reason) in called_off {
                    if let Some(ours) = self.running.lock().get(&run) {
                        ours.cancel(&reason);
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "failed to read pending cancellations"),
        }
    }
}
