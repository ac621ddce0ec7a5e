//! A worker elsewhere: it takes rounds of runs from a host over HTTP, makes them as a host of its own does (its own
//! records, worktrees, adoption of agents after a restart), and tells what became of them.
//!
//! ```text
//! host                                   worker
//!  │ ◄──────────── register ─────────────┤ who it is, which programs it has
//!  │ ◄──────────── beat ─────────────────┤ renews the lease; hears what is to end
//!  │ ◄──────────── work ─────────────────┤ a round to make; fetches the commit to begin from
//!  │ ◄──────────── news ─────────────────┤ events and usage, numbered: told again after a gap
//!  │ ◄──────────── log, diff, commits ───┤
//!  │ ◄──────────── over ─────────────────┤ how the round ended; the host decides what follows
//! ```
//!
//! Nothing runs twice at once: the worker's agents live on a lease that is shorter than what the host waits before
//! it gives the worker up, and their own gates end them when it has run out, even where the worker is dead.

mod coordinator_client;
mod reporter;
mod state;
mod take;

pub use coordinator_client::CoordinatorClient;

use coordinator_client::Trouble;
use jackfield::{Host, Work};
use jackfield_api::remote::{AssignmentRequest, Heartbeat, Registration, WorkerTerms};
use jackfield_config::Config;
use jackfield_process::Lease;
use jackfield_types::{
    AttemptId, AttemptState, ErrorCode, Failure, FailureClass, Operation, Problem, RunId, RunState, WorkerId,
};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long after trouble the host is asked again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the host keeps a worker waiting for work.
const WAIT_S: u64 = 20;
/// This long before its agents' gates end them, the worker does it itself, and knows why.
const EARLY: Duration = Duration::from_secs(2);
/// How long, at most, a worker that stops goes on telling.
const LAST_WORDS: Duration = Duration::from_secs(30);

/// What a worker is to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address of the host that it works for.
    pub host: String,
    /// What people know it by.
    pub name: String,
}

/// A worker at work.
pub struct Remote {
    host: Host,
    coordinator: CoordinatorClient,
    id: WorkerId,
    name: String,
    slots: u32,
    lease: Lease,
    terms: watch::Sender<WorkerTerms>,
    /// What it has in hand, and whether that is being ended.
    hand: Mutex<BTreeMap<RunId, InHand>>,
    /// A place is free, or the host knows it again.
    wake: Notify,
    stop: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Debug, Clone)]
struct InHand {
    attempts: Vec<AttemptId>,
    /// Its attempts are at work, or will be.
    open: bool,
    ending: bool,
}

impl Remote {
    /// Opens the worker's own host in `data`, and makes the worker known.
    pub async fn open(
        data: PathBuf,
        config: Config,
        coordinator: CoordinatorClient,
        options: Options,
    ) -> Result<Arc<Self>, Problem> {
        jackfield_files::private_folder(&data).map_err(|error| {
            Problem::operator(ErrorCode::DataFolder, error.to_string(), "name another data folder")
                .with(Operation::ChooseDataFolder)
        })?;
        let id = state::worker(&data, &options.host)?;
        let lease = Lease::kept_in(data.join("lease"));
        let slots = u32::try_from(config.run.max_concurrent).unwrap_or(u32::MAX);
        let host =
            Host::builder(&data).config(config).work(Work::All).lease(lease.file().to_owned()).open().await?;
        let remote = Arc::new(Self {
            host,
            coordinator,
            id,
            name: options.name,
            slots,
            lease,
            terms: watch::Sender::new(WorkerTerms { beat_s: 15, lease_s: 60 }),
            hand: Mutex::default(),
            wake: Notify::new(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        // The host hears of attempts from a worker that it knows, and from nobody else.
        remote.register().await?;
        for run in remote.host.leased_runs().unreported().await? {
            let view = remote.host.runs().get(run).await?;
            remote.has(run, view.attempts.iter().map(|attempt| attempt.id).collect());
            Arc::clone(&remote).tell(run);
        }
        Ok(remote)
    }

    /// The host with the records of this worker.
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// Works until told to stop; then its agents end, and the host hears of it.
    pub async fn work(self: &Arc<Self>, told_to_stop: impl Future<Output = ()>) {
        let beating = tokio::spawn(Arc::clone(self).beat());
        let watching = tokio::spawn(Arc::clone(self).watch_lease());
        tokio::select! {
            () = told_to_stop => {}
            () = self.claim() => {}
        }
        self.stop.cancel();
        let stopped = || Failure::new(FailureClass::Lost, "its worker was stopped");
        self.end_all(stopped);
        self.tasks.close();
        if timeout(LAST_WORDS, self.tasks.wait()).await.is_err() {
            tracing::warn!(
                "failed to report everything to the host; the rest is sent when this worker starts again"
            );
        }
        if let Err(trouble) = self.coordinator.release(self.id, self.patience()).await {
            tracing::warn!("failed to deregister from the host: {trouble}");
        }
        beating.abort();
        watching.abort();
        self.host.shutdown().await;
    }

    /// How long the host may take to answer: less where it gives workers up soon.
    fn patience(&self) -> Duration {
        Duration::from_secs((self.terms.borrow().lease_s / 4).clamp(2, 15))
    }

    fn beat_s(&self) -> u64 {
        self.terms.borrow().beat_s
    }

    async fn register(&self) -> Result<(), Problem> {
        let registration = Registration {
            worker: self.id,
            name: self.name.clone(),
            version: jackfield::VERSION.to_owned(),
            slots: self.slots,
            executors: self.host.leased_runs().executors(),
        };
        loop {
            let sent = Lease::now()?;
            match self.coordinator.register(&registration, self.patience()).await {
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
        self.terms.send_replace(terms);
        if let Err(error) = self.lease.renew(sent + Duration::from_secs(terms.lease_s)) {
            tracing::error!(%error, "the lease cannot be renewed, and agents end when it has run out");
        }
    }

    async fn beat(self: Arc<Self>) {
        loop {
            let (holds, ending) = {
                let hand = self.hand.lock();
                let all = hand.values();
                let holds: Vec<_> = all.clone().flat_map(|hand| hand.attempts.clone()).collect();
                (holds, all.filter(|hand| hand.ending).flat_map(|hand| hand.attempts.clone()).collect())
            };
            let beat = Heartbeat { worker: self.id, holds, ending, wait_s: self.beat_s().min(WAIT_S) };
            let Ok(sent) = Lease::now() else { return };
            match self.coordinator.beat(&beat, self.patience()).await {
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
                        self.end(attempt, Failure::new(FailureClass::Cancelled, reason));
                    }
                    let mut lost = false;
                    for attempt in heard.lost {
                        lost |= self.end(
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
    async fn watch_lease(self: Arc<Self>) {
        loop {
            sleep(PAUSE).await;
            if self.lease.left() <= EARLY {
                let cut = || {
                    Failure::new(
                        FailureClass::Lost,
                        "its worker could not reach the host for too long, and ended it",
                    )
                };
                self.end_all(cut);
            }
        }
    }

    fn end(&self, attempt: AttemptId, failure: Failure) -> bool {
        let mut hand = self.hand.lock();
        let found = hand.iter_mut().find(|(_, hand)| hand.attempts.contains(&attempt));
        let Some((run, hand)) = found else { return false };
        hand.ending = true;
        self.host.leased_runs().end(*run, failure);
        true
    }

    fn end_all(&self, failure: impl Fn() -> Failure) {
        for (run, hand) in &mut *self.hand.lock() {
            hand.ending = true;
            self.host.leased_runs().end(*run, failure());
        }
    }

    fn has(&self, run: RunId, attempts: Vec<AttemptId>) {
        self.hand.lock().insert(run, InHand { attempts, open: true, ending: false });
    }

    /// What it has in hand, and how many attempts it could begin.
    fn room(&self) -> (Vec<AttemptId>, u32) {
        let hand = self.hand.lock();
        let holds = hand.values().flat_map(|hand| hand.attempts.clone()).collect();
        let open: usize = hand.values().filter(|hand| hand.open).map(|hand| hand.attempts.len()).sum();
        (holds, self.slots.saturating_sub(u32::try_from(open).unwrap_or(u32::MAX)))
    }

    async fn claim(self: &Arc<Self>) {
        loop {
            let (holds, free) = self.room();
            if free == 0 || self.lease.left() <= EARLY {
                let _ = timeout(PAUSE, self.wake.notified()).await;
                continue;
            }
            let asked = AssignmentRequest { worker: self.id, holds, free, wait_s: WAIT_S.min(self.beat_s()) };
            match self.coordinator.work(&asked, self.patience()).await {
                Ok(Some(assignment)) => self.take(assignment).await,
                Ok(None) => {}
                Err(trouble) => {
                    tracing::warn!("no work can be had: {trouble}");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Tells of a run until the host knows everything.
    fn tell(self: Arc<Self>, run: RunId) {
        let tasks = self.tasks.clone();
        tasks.spawn(async move {
            let began = Instant::now();
            if let Err(problem) = reporter::Reporter::new(&self, run).tell().await {
                tracing::error!(%run, "failed to report this run: {problem}");
            }
            self.hand.lock().remove(&run);
            self.wake.notify_one();
            tracing::debug!(%run, took = ?began.elapsed(), "told in full");
        });
    }

    fn is_over(&self, run: RunId) {
        if let Some(hand) = self.hand.lock().get_mut(&run) {
            hand.open = false;
        }
        self.wake.notify_one();
    }
}

/// Whether nothing of a run is at work any more.
fn ended(view: &jackfield_store::RunView) -> bool {
    view.run.state != RunState::Queued
        && view.run.state.is_final()
        && view.attempts.iter().all(|attempt| attempt.state == AttemptState::Settled)
}
