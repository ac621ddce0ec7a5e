//! The worker of this host: it claims what waits, carries it out, says that it lives, and looks after what
//! workers that are gone have left.

use super::backlog::Backlog;
use super::leased_runs::Assignments;
use super::recover::Recovery;
use super::rounds::Rounds;
use super::running::RunsInHand;
use super::settings::Settings;
use super::shutdown::Shutdown;
use jackfield_plugins::Plugins;
use jackfield_store::{NewWorker, Offer, Store, StoreError, WorkerKind};
use jackfield_types::{Clock, WorkerId};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often a look is taken for work and words of other processes on the same data folder. Looks are
/// reads, of microseconds.
pub(super) const LOOK: Duration = Duration::from_millis(250);
/// How long workers that ended are kept on record.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a worker that cannot write its own record waits.
const PAUSE: Duration = Duration::from_secs(1);

/// What a host does about work that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Takes whatever waits.
    All,
    /// Takes only what was asked of this very host, and looks after what a host that is gone left at work.
    Own,
    /// Takes nothing: it is open for a look.
    Nothing,
}

/// Claims what waits, as long as the host serves.
#[derive(Clone)]
pub(crate) struct Queue {
    pub(super) store: Store,
    pub(super) running: Arc<RunsInHand>,
    pub(super) work: Work,
    pub(super) worker: WorkerId,
    pub(super) wake: Arc<Notify>,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
    pub(super) shutdown: Arc<Shutdown>,
    pub(super) host: String,
    pub(super) settings: Settings,
    pub(super) rounds: Rounds,
    pub(super) local: LocalWorker,
    pub(super) backlog: Backlog,
    pub(super) recovery: Recovery,
    pub(super) assignments: Assignments,
}

impl Queue {
    /// Works until the host is stopped.
    pub(super) async fn work(self) {
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
                    // Undoing what is half made can take a while, and what waits need not wait for it.
                    let inner = self.clone();
                    self.tasks.spawn(async move { inner.live().await });
                }
            }
        }
    }

    /// Says that it lives, and looks after those that do not.
    async fn live(&self) {
        match self.store.worker_lives(self.worker).await {
            Ok(heard) if heard.given_up => drop(self.local.begin().await),
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "this worker's heartbeat is not on record"),
        }
        self.recovery.recover().await;
    }

    /// Claims as long as there is something to claim and room for it.
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

    /// The executors that this host takes work for: all of them, so that a missing program is told, unless a
    /// worker elsewhere may have what is not here.
    async fn takes(&self) -> Result<Option<Vec<String>>, StoreError> {
        let workers = self.store.workers(false).await?;
        let others = workers.iter().any(|worker| worker.kind == WorkerKind::Remote);
        Ok(others.then(|| self.assignments.executors_here()))
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
        let Some(claimed) = self.store.claim(offer, self.backlog.caps(Some(free)).await?).await? else {
            return Ok(false);
        };
        self.rounds.take_up(claimed.run);
        Ok(true)
    }

    /// Cancels what another process wants ended.
    async fn heed(&self) {
        if self.running.lock().is_empty() {
            return;
        }
        match self.store.called_off(self.worker).await {
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

/// This host's own worker on record.
#[derive(Clone)]
pub(crate) struct LocalWorker {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: Store,
    pub(super) plugins: Arc<Plugins>,
    pub(super) work: Work,
    pub(super) worker: WorkerId,
    pub(super) stop: CancellationToken,
    pub(super) shutdown: Arc<Shutdown>,
    pub(super) host: String,
    pub(super) settings: Settings,
}

impl LocalWorker {
    /// Puts itself on record. False: the host was stopped before it could.
    pub(super) async fn begin(&self) -> bool {
        let yesterday = self.clock.now().checked_sub(REMEMBERED).unwrap_or_default();
        if let Err(error) = self.store.forget_workers(yesterday).await {
            tracing::warn!(%error, "failed to delete the records of stale workers");
        }
        loop {
            let worker = NewWorker {
                id: self.worker,
                name: jackfield_files::hostname(),
                kind: WorkerKind::Local,
                instance: self.host.clone(),
                slots: if self.settings.config().run.here {
                    most(self.settings.config().run.max_concurrent)
                } else {
                    0
                },
                executors: self.plugins.executors().into_iter().map(|info| info.plugin.name).collect(),
                workspaces: (self.work != Work::All || !self.settings.config().run.here).then(Vec::new),
                principal: None,
            };
            let Err(error) = self.store.worker_begins(worker).await else {
                self.shutdown.on_record.store(true, Ordering::Relaxed);
                return true;
            };
            tracing::error!(%error, "this worker cannot begin");
            tokio::select! {
                () = self.stop.cancelled() => return false,
                () = sleep(PAUSE) => {}
            }
        }
    }
}

pub(crate) fn most(max_concurrent: usize) -> u32 {
    u32::try_from(max_concurrent).unwrap_or(u32::MAX)
}
