//! Workers, for operators: their state, the queue, and recovery from lost workers.

use crate::handles::Workers;
use jackfield_api::{WorkerAction, WorkerLine, WorkersStatus};
use jackfield_core::instance::{Instance, Presence};
use jackfield_runs::scheduling::work::Work;
use jackfield_store::{Worker, WorkerKind};
use jackfield_types::{ErrorCode, Operation, Problem, Scope, Timestamp};
use std::time::Duration;

/// Number of latest runs that the failure rate covers.
const RECENT: u32 = 100;

impl Workers<'_> {
    /// Returns the workers, the length of the queue and the failure rate of recent runs.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn list(self) -> Result<WorkersStatus, Problem> {
        self.0.caller.require(Scope::Read)?;
        let workers = self.0.inner.store.workers().list(false).await?;
        let now = self.0.inner.clock.now();
        let stale = Duration::from_secs(self.0.inner.settings.config().queue.stale_s);
        let (queued, oldest) = self.0.inner.store.queue().waiting().await?;
        let (ended, failed) = self.0.inner.store.runs().newest_ends(RECENT).await?;
        let mut warnings = Vec::new();
        if queued > 0 && !self.0.inner.runs.backlog.somebody_works().await? {
            warnings.push(format!("{queued} run(s) wait, and {}", self.0.inner.runs.backlog.nobody_works()));
        }
        Ok(WorkersStatus {
            workers: workers.into_iter().map(|worker| line(worker, now, stale)).collect(),
            queue_length: queued,
            oldest_queued_at: oldest,
            failure_rate: f64::from(failed) / f64::from(ended.max(1)),
            warnings,
        })
    }

    /// Applies an action to the workers and returns their state after it.
    ///
    /// # Errors
    /// A [`Problem`] if this host does not execute runs, or the store cannot be written.
    pub async fn apply(self, action: WorkerAction) -> Result<WorkersStatus, Problem> {
        self.0.caller.require(Scope::Admin)?;
        if action != WorkerAction::HealthCheck && self.0.inner.runs.shared.work != Work::All {
            return Err(Problem::operator(
                ErrorCode::NoWorkerHere,
                "this process is here for a look, and could not go on with what it took over",
                "a host that serves does it by itself: ask the one that serves, or start one",
            )
            .with(Operation::Serve));
        }
        match action {
            WorkerAction::HealthCheck => {}
            WorkerAction::Rescue => self.0.inner.runs.recovery.recover().await,
            WorkerAction::Cleanup => {
                let rescue = Duration::from_secs(self.0.inner.settings.config().queue.rescue_s);
                let before = self.0.inner.clock.now().checked_sub(rescue).unwrap_or(Timestamp::UNIX_EPOCH);
                self.0.inner.runs.recovery.recover().await;
                self.0.inner.store.workers().forget_before(before).await?;
            }
        }
        self.list().await
    }
}

fn line(worker: Worker, now: Timestamp, stale: Duration) -> WorkerLine {
    let silent = now.duration_since(worker.heartbeat_at).unsigned_abs();
    let gone = worker.kind == WorkerKind::Local && Instance::presence(&worker.instance) == Presence::Gone;
    WorkerLine {
        state: match (gone, silent > stale) {
            (true, _) => "gone",
            (false, true) => "stale",
            (false, false) => "alive",
        }
        .to_owned(),
        id: worker.id,
        name: worker.name,
        kind: match worker.kind {
            WorkerKind::Local => "local",
            WorkerKind::Remote => "remote",
        }
        .to_owned(),
        busy: worker.busy,
        slots: worker.slots,
        executors: worker.executors,
        started_at: worker.started_at,
        heartbeat_at: worker.heartbeat_at,
    }
}
