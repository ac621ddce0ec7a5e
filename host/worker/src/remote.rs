//! A worker from its start until it is stopped and its last results are reported.

use super::coordinator_client::{CoordinatorClient, PAUSE};
use super::presence::{Presence, WAIT_S};
use super::reporter::Reporter;
use super::worker::Worker;
use super::{state, take};
use jackfield::{Host, Work};
use jackfield_api::remote::{Assignment, AssignmentRequest};
use jackfield_config::Config;
use jackfield_process::Lease;
use jackfield_types::{ErrorCode, Failure, FailureClass, Operation, Problem, RunId};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;

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
    worker: Arc<Worker>,
    presence: Arc<Presence>,
    tasks: TaskTracker,
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
        let worker = Arc::new(Worker::new(host, coordinator, id, slots));
        let presence = Arc::new(Presence::new(Arc::clone(&worker), options.name, lease));
        let remote = Arc::new(Self { worker, presence, tasks: TaskTracker::new() });
        // The host hears of attempts from a worker that it knows, and from nobody else.
        remote.presence.register().await?;
        let host = remote.host();
        for run in host.leased_runs().unreported().await? {
            let view = host.runs().get(run).await?;
            remote.worker.add_round(run, view.attempts.iter().map(|attempt| attempt.id).collect());
            remote.tell(run);
        }
        Ok(remote)
    }

    /// The host with the records of this worker.
    pub fn host(&self) -> &Host {
        &self.worker.host
    }

    /// Works until told to stop; then its agents end, and the host hears of it.
    pub async fn work(self: &Arc<Self>, told_to_stop: impl Future<Output = ()>) {
        let beating = tokio::spawn(Arc::clone(&self.presence).beat());
        let watching = tokio::spawn(Arc::clone(&self.presence).watch_lease());
        tokio::select! {
            () = told_to_stop => {}
            () = self.claim() => {}
        }
        let stopped = || Failure::new(FailureClass::Lost, "its worker was stopped");
        self.worker.end_all(stopped);
        self.tasks.close();
        if timeout(LAST_WORDS, self.tasks.wait()).await.is_err() {
            tracing::warn!(
                "failed to report everything to the host; the rest is sent when this worker starts again"
            );
        }
        if let Err(trouble) = self.worker.coordinator.release(self.worker.id, self.worker.patience()).await {
            tracing::warn!("failed to deregister from the host: {trouble}");
        }
        beating.abort();
        watching.abort();
        self.worker.host.shutdown().await;
    }

    async fn claim(&self) {
        let worker = &*self.worker;
        loop {
            let (holds, free) = worker.room();
            if free == 0 || self.presence.is_short() {
                worker.wait_for_room(PAUSE).await;
                continue;
            }
            let wait_s = WAIT_S.min(worker.beat_s());
            let asked = AssignmentRequest { worker: worker.id, holds, free, wait_s };
            match worker.coordinator.work(&asked, worker.patience()).await {
                Ok(Some(assignment)) => self.take(assignment).await,
                Ok(None) => {}
                Err(trouble) => {
                    tracing::warn!("no work can be had: {trouble}");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Takes a round in. One that cannot be made here is given back, with the reason.
    pub async fn take(&self, assignment: Assignment) {
        if let Some(run) = take::take_in(&self.worker, assignment).await {
            self.tell(run);
        }
    }

    /// Tells of a run until the host knows everything.
    fn tell(&self, run: RunId) {
        let worker = Arc::clone(&self.worker);
        self.tasks.spawn(async move {
            let began = Instant::now();
            if let Err(problem) = Reporter::new(&worker, run).tell().await {
                tracing::error!(%run, "failed to report this run: {problem}");
            }
            worker.remove_round(run);
            tracing::debug!(%run, took = ?began.elapsed(), "told in full");
        });
    }
}
