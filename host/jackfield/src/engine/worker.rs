//! The worker of this host: it claims what waits, carries it out, says that it lives, and looks after what
//! workers that are gone have left.

use super::Inner;
use super::recover::Instance;
use jackfield_store::{Caps, NewWorker, Offer, RunView, StoreError, Worker, WorkerKind};
use jackfield_types::{Problem, RunState};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, sleep};

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

impl Inner {
    /// Works until the host is stopped.
    pub(super) async fn work(self: Arc<Self>) {
        if self.work == Work::Nothing || !self.begin().await {
            return;
        }
        let seconds = |seconds: u64| Duration::from_secs(seconds.max(1));
        let mut beat = interval(seconds(self.config().queue.heartbeat_s));
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
                    let inner = Arc::clone(&self);
                    self.tasks.spawn(async move { inner.live().await });
                }
            }
        }
    }

    /// Puts itself on record. False: the host was stopped before it could.
    pub(super) async fn begin(&self) -> bool {
        let yesterday = self.clock.now().checked_sub(REMEMBERED).unwrap_or_default();
        if let Err(error) = self.store.forget_workers(yesterday).await {
            tracing::warn!(%error, "workers of old are still on record");
        }
        loop {
            let worker = NewWorker {
                id: self.worker,
                name: jackfield_files::hostname(),
                kind: WorkerKind::Local,
                instance: self.host.clone(),
                slots: if self.config().run.here { most(self.config().run.max_concurrent) } else { 0 },
                executors: self.plugins.executors().into_iter().map(|info| info.plugin.name).collect(),
                workspaces: (self.work != Work::All || !self.config().run.here).then(Vec::new),
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

    /// Says that it lives, and looks after those that do not.
    async fn live(self: &Arc<Self>) {
        match self.store.worker_lives(self.worker).await {
            Ok(heard) if heard.given_up => drop(self.begin().await),
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "this worker's heartbeat is not on record"),
        }
        self.recover().await;
    }

    /// Claims as long as there is something to claim and room for it.
    async fn claim_all(self: &Arc<Self>) {
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
        Ok(others.then(|| self.executors_here()))
    }

    async fn claim(self: &Arc<Self>) -> Result<bool, StoreError> {
        if !self.config().run.here && self.work == Work::All {
            return Ok(false);
        }
        let free = most(self.config().run.max_concurrent);
        let offer = Offer {
            worker: self.worker,
            holder: self.host.clone(),
            free,
            executors: self.takes().await?,
            workspaces: None,
            only_own: self.work == Work::Own,
            elsewhere: false,
        };
        let Some(claimed) = self.store.claim(offer, self.caps(Some(free)).await?).await? else {
            return Ok(false);
        };
        self.take_up(claimed.run);
        Ok(true)
    }

    /// How many attempts may be at work, as configured now.
    pub(crate) async fn caps(&self, local: Option<u32>) -> Result<Caps, StoreError> {
        let config = self.config();
        let executors = config.executors.iter().map(|(name, section)| (name.clone(), section.slots));
        let mut caps = Caps {
            local,
            executors: executors.collect(),
            executor: jackfield_config::ExecutorSection::default().slots,
            aging: Duration::from_secs(config.queue.aging_s),
            ..Caps::default()
        };
        let capped = |section: &jackfield_config::WorkspaceSection| section.max_concurrent.is_some();
        if config.workspaces.values().any(capped) {
            for workspace in self.store.workspaces().await? {
                let section = config.workspaces.iter().find(|(name, section)| {
                    **name == workspace.name || section.path.as_os_str() == workspace.path.as_str()
                });
                if let Some(most) = section.and_then(|(_, section)| section.max_concurrent) {
                    caps.workspaces.insert(workspace.id, most);
                }
            }
        }
        Ok(caps)
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
            Err(error) => tracing::warn!(%error, "it cannot be read what is to be cancelled"),
        }
    }

    /// Where a run that waits stands in the line, and what it waits for.
    pub(crate) async fn line_of(&self, view: &RunView) -> Result<Option<String>, Problem> {
        if view.run.state != RunState::Queued {
            return Ok(None);
        }
        let failed = |error: StoreError| error.problem();
        let local = most(self.config().run.max_concurrent);
        let caps = self.caps(Some(local)).await.map_err(failed)?;
        let Some(line) = self.store.in_line(view.run.id, &caps).await.map_err(failed)? else {
            return Ok(None);
        };
        let occupancy = self.store.occupancy().await.map_err(failed)?;
        let slots = |executor: &String| caps.executors.get(executor).copied().unwrap_or(caps.executor);
        let busy = |executor: &String| occupancy.executors.get(executor).copied().unwrap_or(0);
        let full = line.wants.iter().find(|executor| busy(executor) >= slots(executor));
        let why = match (line.not_before, full) {
            _ if !self.somebody_works().await? => self.nobody_works(),
            (Some(until), _) => format!("it rests until {until}"),
            (None, Some(executor)) => {
                format!("{executor} has all of its {} slot(s) at work", slots(executor))
            }
            (None, None) if occupancy.local >= local => format!("all {local} places are taken"),
            (None, None) => "its turn comes now".to_owned(),
        };
        Ok(Some(format!("queued, {} of {} in line ({why})", line.position, line.of)))
    }

    /// Whether a worker elsewhere that is alive has the executor.
    pub(crate) async fn elsewhere_has(&self, executor: &str) -> Result<bool, StoreError> {
        let stale = Duration::from_secs(self.config().queue.stale_s);
        let now = self.clock.now();
        Ok(self.store.workers(false).await?.iter().any(|worker| {
            worker.kind == WorkerKind::Remote
                && worker.executors.iter().any(|has| has == executor)
                && now.duration_since(worker.heartbeat_at).unsigned_abs() <= stale
        }))
    }

    /// Why nobody takes up what waits, and what to do.
    pub(super) fn nobody_works(&self) -> String {
        if self.work == Work::All && !self.config().run.here {
            return "no worker takes runs: this host has run.here = false; start `jackfield worker` elsewhere, or set run.here = true".to_owned();
        }
        "no worker takes runs: start `jackfield serve`, or `jackfield worker` elsewhere".to_owned()
    }

    /// Whether somebody is there who takes up what waits.
    pub(crate) async fn somebody_works(&self) -> Result<bool, Problem> {
        let stale = Duration::from_secs(self.config().queue.stale_s);
        let workers = self.store.workers(false).await?;
        let now = self.clock.now();
        let takes_others = |worker: &&Worker| worker.workspaces.as_ref().is_none_or(|list| !list.is_empty());
        Ok(workers.iter().filter(takes_others).any(|worker| match worker.kind {
            WorkerKind::Local => Instance::lives(&worker.instance),
            WorkerKind::Remote => now.duration_since(worker.heartbeat_at).unsigned_abs() <= stale,
        }))
    }
}

pub(crate) fn most(max_concurrent: usize) -> u32 {
    u32::try_from(max_concurrent).unwrap_or(u32::MAX)
}
