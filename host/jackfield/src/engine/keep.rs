//! Long life: what runs leave behind goes when its time is over, or when there is too much of it.
//!
//! ```text
//! worktrees that were kept    their work is on a branch first, or they stay
//! logs and diffs of runs      once the run has ended and has no worktree left
//! leftovers                   folders that no record knows, scratch of what is settled
//! events and decisions        row by row in small steps; runs, attempts and the ledger stay for ever
//! ```
//!
//! What cannot go is told with the reason, and tried again the next time. Nothing here collects garbage in a
//! repository, prunes worktrees that are not ours, or deletes a branch that has a change.

use super::audit::AuditLog;
use super::folders::Folders;
use super::settings::Settings;
use jackfield_store::{Compacted, Store, StoreError, Trimmed};
use jackfield_types::{Clock, Problem, Timestamp};
use jackfield_workspace::Worktrees;
use tokio_util::sync::CancellationToken;
mod logs;
mod worktrees;

use jackfield_config::RetentionSection;
use serde::Serialize;
use std::fs::{File, OpenOptions, TryLockError};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// How long after the start is tidied up for the first time, so that a command that is over by then does not;
/// and how often is looked whether it is time again.
const LOOK: Duration = Duration::from_secs(60);

/// How to tidy up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidying {
    /// Only say what would go.
    pub dry_run: bool,
    /// Write the database anew afterwards, without gaps. Refused while a run is at work.
    pub vacuum: bool,
}

/// What tidying up came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tidied {
    /// Nothing went: this is what would.
    pub dry_run: bool,
    /// Worktrees that had been kept.
    pub worktrees: Gone,
    /// Runs whose logs and diffs went.
    pub logs: Gone,
    /// Folders that no record knows, and what only agents needed that are gone.
    pub leftovers: Gone,
    /// Events of runs.
    pub events: u64,
    /// What components were asked and answered.
    pub calls: u64,
    /// Days of the audit log.
    pub audit: u64,
    /// The size of the database, bytes; nothing in a dry run.
    pub database: Option<Compacted>,
    /// Branches that were made so that no commit was lost.
    pub branches: Vec<String>,
    /// What should have gone and did not.
    pub kept: Vec<Kept>,
}

/// How much went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Gone {
    /// How many.
    pub count: u64,
    /// The room that they took on the disk, bytes.
    pub bytes: u64,
}

/// Something that should have gone and did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// A path, or what sort of thing.
    pub what: String,
    /// Why it stays.
    pub why: String,
}

/// What is over its time, and what is too much.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Bounds {
    worktrees: Bound,
    logs: Bound,
    events_before: Timestamp,
    calls_before: Timestamp,
    audit_before: Timestamp,
}

/// Of one sort of thing: what is older goes, and the oldest while all together are more.
#[derive(Debug, Clone, Copy)]
struct Bound {
    before: Timestamp,
    bytes: u64,
}

impl Bounds {
    pub(super) fn of(keep: &RetentionSection, now: Timestamp) -> Self {
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

impl Tidied {
    fn keep(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.kept.push(Kept { what: what.into(), why: why.into() });
    }

    fn is_nothing(&self) -> bool {
        let gone = [self.worktrees, self.logs, self.leftovers];
        gone.iter().all(|gone| gone.count == 0) && self.events == 0 && self.calls == 0 && self.audit == 0
    }
}

/// Prunes what runs leave behind.
#[derive(Clone)]
pub(crate) struct Pruner {
    pub(super) folders: Arc<Folders>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: Store,
    pub(super) worktrees: Worktrees,
    pub(super) stop: CancellationToken,
    pub(super) settings: Settings,
    pub(super) audit_log: AuditLog,
}

impl Pruner {
    pub(super) async fn tidy_from_time_to_time(self) {
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
            match self.tidy(&bounds, Tidying::default()).await {
                Ok(tidied) => log(&tidied),
                Err(problem) => tracing::warn!("failed to prune expired data: {problem}"),
            }
        }
    }

    pub(in crate::engine) async fn tidy(&self, bounds: &Bounds, how: Tidying) -> Result<Tidied, Problem> {
        let _alone = self.alone()?;
        if how.vacuum && !how.dry_run {
            self.nothing_at_work().await?;
        }
        let mut tidied = Tidied { dry_run: how.dry_run, ..Tidied::default() };
        if !how.dry_run {
            self.repair(&mut tidied).await;
        }
        let standing = self.tidy_worktrees(&bounds.worktrees, &mut tidied).await?;
        self.tidy_logs(&bounds.logs, &standing, &mut tidied).await?;
        self.tidy_temporary(&mut tidied).await;
        match self.audit_log.tidy_audit(bounds.audit_before, how.dry_run) {
            Ok(days) => tidied.audit = days,
            Err(error) => tidied.keep("the audit log", error.to_string()),
        }
        if how.dry_run {
            let overdue = self.store.retention().overdue(bounds.events_before, bounds.calls_before).await;
            let overdue = overdue?;
            (tidied.events, tidied.calls) = (overdue.events, overdue.calls);
        } else if let Err(error) = self.tidy_records(bounds, how.vacuum, &mut tidied).await {
            // What went is told all the same.
            tidied.keep("the records", error.problem().to_string());
        }
        Ok(tidied)
    }

    /// One at a time, whichever process.
    fn alone(&self) -> Result<File, Problem> {
        let path = self.folders.data.join("prune.lock");
        let cannot = |error: std::io::Error| {
            Problem::operator(
                "cannot_write",
                format!("cannot lock {}: {error}", path.display()),
                "check its permissions",
            )
        };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(cannot)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(Problem::operator(
                "prune_in_progress",
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
                "runs_at_work",
                format!(
                    "run {} is at work, and nothing can be recorded while the database is written anew",
                    hand.run
                ),
                "wait until it has ended, or leave --vacuum away",
            )),
        }
    }

    /// What a request that was given up left half made, and what could not be deleted the last time.
    async fn repair(&self, tidied: &mut Tidied) {
        match self.worktrees.repair().await {
            Ok(repaired) => repaired.failed.into_iter().for_each(|why| tidied.keep("a worktree", why)),
            Err(error) => tidied.keep("worktrees", error.problem().to_string()),
        }
    }

    async fn tidy_records(
        &self,
        bounds: &Bounds,
        vacuum: bool,
        tidied: &mut Tidied,
    ) -> Result<(), StoreError> {
        let Bounds { events_before, calls_before, .. } = *bounds;
        self.step_by_step(&mut tidied.events, || self.store.retention().trim_events(events_before)).await?;
        self.step_by_step(&mut tidied.calls, || self.store.retention().trim_calls(calls_before)).await?;
        let compacted = if vacuum {
            self.store.retention().vacuum().await
        } else {
            self.store.retention().give_back().await
        };
        tidied.database = Some(compacted?);
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

fn log(tidied: &Tidied) {
    for kept in &tidied.kept {
        tracing::debug!(what = kept.what, why = kept.why, "kept data that is past its retention");
    }
    if tidied.is_nothing() && tidied.kept.is_empty() {
        return;
    }
    tracing::info!(
        worktrees = tidied.worktrees.count,
        logs = tidied.logs.count,
        leftovers = tidied.leftovers.count,
        bytes = tidied.worktrees.bytes + tidied.logs.bytes + tidied.leftovers.bytes,
        events = tidied.events,
        calls = tidied.calls,
        stay = tidied.kept.len(),
        "pruned expired data; `jackfield prune --dry-run` lists what is kept"
    );
}

#[cfg(test)]
mod tests;
