//! Worktrees that were kept: past their time, or the oldest of too many.

use super::{Bound, PruneReport};
use crate::Pruner;
use jackfield_store::AttemptStanding;
use jackfield_types::{AttemptId, Problem, RunId, Timestamp};
use jackfield_workspace::{Retired, Worktree, room};
use std::collections::HashSet;

/// One worktree, and since when it may go; none: its run is not over.
struct Held {
    worktree: Worktree,
    since: Option<Timestamp>,
    bytes: u64,
}

impl Pruner {
    /// Lets worktrees go, and gives the runs that still have one afterwards.
    pub(super) async fn prune_worktrees(
        &self,
        bound: &Bound,
        report: &mut PruneReport,
    ) -> Result<HashSet<RunId>, Problem> {
        let all = self.worktrees.all()?;
        let attempts: Vec<AttemptId> = all.iter().map(|(attempt, _)| *attempt).collect();
        let known = self.store.retention().attempt_standings(&attempts).await?;
        let mut standing = HashSet::new();
        let mut held = Vec::new();
        for (attempt, worktree) in all {
            let about = known.get(&attempt);
            match worktree {
                Ok(worktree) => {
                    let bytes = room(&worktree.path).await;
                    held.push(Held { since: since(attempt, about), worktree, bytes });
                }
                Err(error) => {
                    standing.extend(about.map(|about| about.run));
                    report.keep(format!("the worktree of attempt {attempt}"), error.problem().to_string());
                }
            }
        }
        let mut total: u64 = held.iter().map(|held| held.bytes).sum();
        held.sort_by_key(|held| held.since);
        for Held { worktree, since, bytes } in held {
            let over = since.is_some_and(|since| since < bound.before || total > bound.bytes);
            if over && !self.stop.is_cancelled() && self.let_go(&worktree, bytes, report).await {
                total -= bytes;
            } else {
                standing.insert(worktree.run);
            }
        }
        if total > bound.bytes {
            let why = "together they take more than retention.worktree_gb, and no more of them may go";
            report.keep(self.folders.worktrees.display().to_string(), why);
        }
        Ok(standing)
    }

    /// Whether it is gone, or would be.
    async fn let_go(&self, worktree: &Worktree, bytes: u64, report: &mut PruneReport) -> bool {
        if report.dry_run {
            report.worktrees.add(bytes);
            return true;
        }
        let path = worktree.path.display();
        let why = match self.worktrees.retire(worktree.attempt).await {
            Ok(Retired::Gone { committed, branch, earlier }) => {
                tracing::info!(%path, committed, branch, earlier, "deleted a worktree past its retention");
                report.worktrees.add(bytes);
                report.branches.extend(earlier);
                return true;
            }
            Ok(Retired::Stays(why)) => why,
            Err(error) => error.problem().to_string(),
        };
        report.keep(path.to_string(), why);
        false
    }
}

/// Since when a worktree may go. One that no record knows (the records are older than it is, because they
/// were restored) is as old as its attempt.
fn since(attempt: AttemptId, known: Option<&AttemptStanding>) -> Option<Timestamp> {
    match known {
        None => Some(attempt.made_at()),
        Some(known) => known.run_ended_at.and(known.settled_at),
    }
}
