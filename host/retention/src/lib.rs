//! Retention: what runs leave behind is pruned by age and by size.
//!
//! ```text
//! worktrees that were kept    their work is on a branch first, or they stay
//! logs and diffs of runs      once the run has ended and has no worktree left
//! leftovers                   folders that no record knows, scratch of what is settled
//! events and decisions        row by row in small steps; runs, attempts and the ledger stay for ever
//! ```
//!
//! What cannot be pruned is reported with the reason, and tried again the next time. Nothing here collects garbage in a
//! repository, prunes worktrees of others, or deletes a branch that has a change.

mod logs;
mod worktrees;

use jackfield_access::audit::AuditLog;
use jackfield_config::RetentionSection;
use jackfield_core::folders::Folders;
use jackfield_core::settings::Settings;
use jackfield_store::{Compacted, Store, StoreError, Trimmed};
use jackfield_types::{Clock, ErrorCode, Operation, Problem, Timestamp};
use jackfield_workspace::Worktrees;
use serde::Serialize;
use std::fs::{File, OpenOptions, TryLockError};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

/// How long after the start pruning begins, so that a short command does not prune; and how often the host checks
/// whether it is due again.
const LOOK: Duration = Duration::from_secs(60);

/// How to prune.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PruneOptions {
    /// Only report what would be removed.
    pub dry_run: bool,
    /// Rewrite the database afterwards, without gaps. Refused while a run is at work.
    pub vacuum: bool,
}

/// The result of pruning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PruneReport {
    /// Nothing was removed: this is what would be.
    pub dry_run: bool,
    /// Worktrees.
    pub worktrees: Gone,
    /// Runs whose logs and diffs were removed.
    pub logs: Gone,
    /// Folders without a record, and scratch files of agents that have ended.
    pub leftovers: Gone,
    /// Events of runs.
    pub events: u64,
    /// Calls of components.
    pub calls: u64,
    /// Days of the audit log.
    pub audit: u64,
    /// The size of the database, bytes; nothing in a dry run.
    pub database: Option<Compacted>,
    /// Branches that were created so that no commit was lost.
    pub branches: Vec<String>,
    /// Data past its retention that could not be pruned.
    pub kept: Vec<Kept>,
}

/// The pruned items of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Gone {
    /// Their number.
    pub count: u64,
    /// Their size on disk, bytes.
    pub bytes: u64,
}

/// Data past its retention that could not be pruned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// A path, or the kind of data.
    pub what: String,
    /// The reason.
    pub why: String,
}

/// The limits of retention by age and by size.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The bound of worktrees.
    pub worktrees: Bound,
    /// The bound of logs and diffs.
    pub logs: Bound,
    /// Older events go.
    pub events_before: Timestamp,
    /// Older recorded calls of components go.
    pub calls_before: Timestamp,
    /// Older days of the audit log go.
    pub audit_before: Timestamp,
}

/// The limits of one kind: items older than `before` are pruned, then the oldest while the rest exceeds `bytes`.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    /// Older ones go.
    pub before: Timestamp,
    /// The most bytes in all.
    pub bytes: u64,
}

impl Bounds {
    /// The bounds of a configuration at a time.
    pub fn of(keep: &RetentionSection, now: Timestamp) -> Self {
        let hours = |hours: u64| {
            now.checked_sub(Duration::from_secs(hours.saturating_mul(60 * 60))).unwrap_or(Timestamp::MIN)
        };
        let days = |days: u64| hours(days.saturating_mul(24));
        let gigabytes = |gigabytes: u64| gigabytes.saturating_mul(1 << 30);
        Self {
            worktrees: Bound { before: hours(keep.worktree_hours), bytes: gigabytes(keep.worktree_gb) },
            logs: Bound { before: days(keep.log_days), bytes: gigabytes(keep.log_gb) },
            events_before: days(keep.event_days),
            calls_before: days(keep.call_days),
            audit_before: days(keep.audit_days),
        }
    }
}

impl Gone {
    const fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes += bytes;
    }
}

impl PruneReport {
    fn keep(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.kept.push(Kept { what: what.into(), why: why.into() });
    }

    /// Whether nothing was pruned, or would be.
    pub fn is_nothing(&self) -> bool {
        let gone = [self.worktrees, self.logs, self.leftovers];
        gone.iter().all(|gone| gone.count == 0) && self.events == 0 && self.calls == 0 && self.audit == 0
    }
}

/// Prunes what runs leave behind.
pub struct Pruner {
    folders: Arc<Folders>,
    clock: Arc<dyn Clock>,
    store: Store,
    worktrees: Worktrees,
    stop: CancellationToken,
    settings: Arc<Settings>,
    audit_log: Arc<AuditLog>,
}

impl Pruner {
    /// Creates the pruning of a host. It starts by [`prune_periodically`](Self::prune_periodically).
    pub fn new(
        folders: Arc<Folders>,
        clock: Arc<dyn Clock>,
        store: Store,
        worktrees: Worktrees,
        stop: CancellationToken,
        settings: Arc<Settings>,
        audit_log: Arc<AuditLog>,
    ) -> Self {
        Self { folders, clock, store, worktrees, stop, settings, audit_log }
    }

    /// Prunes at the configured interval until the host stops.
    pub async fn prune_periodically(self: Arc<Self>) {
        let mut look = interval_at(Instant::now() + LOOK, LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last: Option<Instant> = None;
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = look.tick() => {}
            }
            let config = self.settings.config();
            let every = Duration::from_secs(config.retention.every_min.saturating_mul(60));
            if every.is_zero() || last.is_some_and(|last| last.elapsed() < every) {
                continue;
            }
            last = Some(Instant::now());
            let bounds = Bounds::of(&config.retention, self.clock.now());
            match self.prune(&bounds, PruneOptions::default()).await {
                Ok(report) => log(&report),
                Err(problem) => tracing::warn!("failed to prune expired data: {problem}"),
            }
        }
    }

    /// Prunes what is past its bounds.
    ///
    /// # Errors
    /// A [`Problem`] if another process prunes, or the store fails.
    pub async fn prune(&self, bounds: &Bounds, how: PruneOptions) -> Result<PruneReport, Problem> {
        let _alone = self.alone()?;
        if how.vacuum && !how.dry_run {
            self.nothing_at_work().await?;
        }
        let mut report = PruneReport { dry_run: how.dry_run, ..PruneReport::default() };
        if !how.dry_run {
            self.repair(&mut report).await;
        }
        let standing = self.prune_worktrees(&bounds.worktrees, &mut report).await?;
        self.prune_logs(&bounds.logs, &standing, &mut report).await?;
        self.prune_temporary(&mut report).await;
        match self.audit_log.prune_audit(bounds.audit_before, how.dry_run) {
            Ok(days) => report.audit = days,
            Err(error) => report.keep("the audit log", error.to_string()),
        }
        if how.dry_run {
            let overdue = self.store.retention().overdue(bounds.events_before, bounds.calls_before).await;
            let overdue = overdue?;
            (report.events, report.calls) = (overdue.events, overdue.calls);
        } else if let Err(error) = self.prune_records(bounds, how.vacuum, &mut report).await {
            // The report still lists what was pruned.
            report.keep("the records", error.problem().to_string());
        }
        Ok(report)
    }

    /// Locks pruning, across processes.
    pub fn alone(&self) -> Result<File, Problem> {
        let path = self.folders.data.join("prune.lock");
        let cannot = |error: std::io::Error| {
            Problem::operator(
                ErrorCode::CannotWrite,
                format!("cannot lock {}: {error}", path.display()),
                "check its permissions",
            )
        };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(cannot)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(Problem::operator(
                ErrorCode::PruneInProgress,
                "another process is pruning this data folder",
                "wait until it has finished",
            )),
            Err(TryLockError::Error(error)) => Err(cannot(error)),
        }
    }

    async fn nothing_at_work(&self) -> Result<(), Problem> {
        let in_hand = self.store.queue().in_hand().await?;
        match in_hand.first() {
            None => Ok(()),
            Some(hand) => Err(Problem::operator(
                ErrorCode::RunsAtWork,
                format!(
                    "run {} is at work, and nothing can be recorded while the database is written anew",
                    hand.hold.run
                ),
                "wait until it has ended, or prune without making the file smaller",
            )
            .with(Operation::Prune)),
        }
    }

    /// Repairs the worktrees that a cancelled request left incomplete, and deletes those that could not be deleted
    /// before.
    async fn repair(&self, report: &mut PruneReport) {
        match self.worktrees.repair().await {
            Ok(repaired) => repaired.failed.into_iter().for_each(|why| report.keep("a worktree", why)),
            Err(error) => report.keep("worktrees", error.problem().to_string()),
        }
    }

    async fn prune_records(
        &self,
        bounds: &Bounds,
        vacuum: bool,
        report: &mut PruneReport,
    ) -> Result<(), StoreError> {
        let Bounds { events_before, calls_before, .. } = *bounds;
        self.step_by_step(&mut report.events, || self.store.retention().trim_events(events_before)).await?;
        self.step_by_step(&mut report.calls, || self.store.retention().trim_calls(calls_before)).await?;
        let compacted = if vacuum {
            self.store.retention().vacuum().await
        } else {
            self.store.retention().give_back().await
        };
        report.database = Some(compacted?);
        Ok(())
    }

    async fn step_by_step<S: Future<Output = Result<Trimmed, StoreError>>>(
        &self,
        rows: &mut u64,
        step: impl Fn() -> S,
    ) -> Result<(), StoreError> {
        while !self.stop.is_cancelled() {
            let trimmed = step().await?;
            *rows += trimmed.rows;
            if !trimmed.more {
                break;
            }
        }
        Ok(())
    }
}

fn log(report: &PruneReport) {
    for kept in &report.kept {
        tracing::debug!(what = kept.what, why = kept.why, "kept data that is past its retention");
    }
    if report.is_nothing() && report.kept.is_empty() {
        return;
    }
    tracing::info!(
        worktrees = report.worktrees.count,
        logs = report.logs.count,
        leftovers = report.leftovers.count,
        bytes = report.worktrees.bytes + report.logs.bytes + report.leftovers.bytes,
        events = report.events,
        calls = report.calls,
        stay = report.kept.len(),
        "pruned expired data; a dry run lists what is kept"
    );
}
