//! What runs wrote: logs and diffs past their time, and folders that nobody needs any more.

use super::{Bound, PruneReport};
use crate::Pruner;
use jackfield_core::files::Files;
use jackfield_store::RunStanding;
use jackfield_types::{AttemptId, ErrorCode, Problem, RunId, Timestamp};
use jackfield_workspace::{remove_folder, room};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// What only an agent needed stays so long after its attempt was settled, so that nobody is hurried.
const SETTLED: Duration = Duration::from_secs(60 * 60);

/// What programs left where they are asked for their version stays so long: far longer than they may take.
const ASKED: Duration = Duration::from_secs(24 * 60 * 60);

/// What is in the folder of one run.
struct Written {
    folder: PathBuf,
    /// Since when it may go; none: not yet.
    since: Option<Timestamp>,
    on_record: bool,
    bytes: u64,
}

impl Pruner {
    /// Lets logs and diffs of runs go, but of those in `standing`, which have a worktree.
    pub(super) async fn prune_logs(
        &self,
        bound: &Bound,
        standing: &HashSet<RunId>,
        report: &mut PruneReport,
    ) -> Result<(), Problem> {
        let mut written = self.written(standing).await?;
        let mut total: u64 = written.iter().map(|written| written.bytes).sum();
        written.sort_by_key(|written| written.since);
        let mut stay = Vec::new();
        for written in written {
            let over = written.since.is_some_and(|since| since < bound.before || total > bound.bytes);
            if !over || self.stop.is_cancelled() {
                stay.push(written);
                continue;
            }
            if removed(&written.folder, report).await {
                total -= written.bytes;
                let gone = if written.on_record { &mut report.logs } else { &mut report.leftovers };
                gone.add(written.bytes);
            }
        }
        if total > bound.bytes {
            let why = "together they take more than retention.log_gb, and no more of them may go";
            report.keep(self.folders.runs.display().to_string(), why);
        }
        self.prune_scratch(&stay, report).await
    }

    async fn written(&self, standing: &HashSet<RunId>) -> Result<Vec<Written>, Problem> {
        let runs: Vec<(RunId, PathBuf)> = folders_by_id(&self.folders.runs)?;
        let ids: Vec<RunId> = runs.iter().map(|(run, _)| *run).collect();
        let known = self.store.retention().run_standings(&ids).await?;
        let mut all = Vec::new();
        for (run, folder) in runs {
            let since = since(run, known.get(&run)).filter(|_| !standing.contains(&run));
            let (on_record, bytes) = (known.contains_key(&run), room(&folder).await);
            all.push(Written { folder, since, on_record, bytes });
        }
        Ok(all)
    }

    /// What only agents needed goes when they are done; this is for what could not be deleted then, and for
    /// attempts whose host died before it could.
    async fn prune_scratch(&self, runs: &[Written], report: &mut PruneReport) -> Result<(), Problem> {
        let mut found: Vec<(AttemptId, PathBuf)> = Vec::new();
        for written in runs.iter().filter(|written| written.on_record) {
            for (attempt, folder) in folders_by_id::<AttemptId>(&written.folder)? {
                let files = Files::of(&folder);
                let there = [files.scratch, files.temporary].into_iter().filter(|folder| folder.is_dir());
                found.extend(there.map(|folder| (attempt, folder)));
            }
        }
        let attempts: Vec<AttemptId> = found.iter().map(|(attempt, _)| *attempt).collect();
        let known = self.store.retention().attempt_standings(&attempts).await?;
        let before = self.clock.now().checked_sub(SETTLED).unwrap_or(Timestamp::MIN);
        for (attempt, folder) in found {
            let settled = known.get(&attempt).and_then(|known| known.settled_at);
            if settled.is_some_and(|at| at < before) && !self.stop.is_cancelled() {
                let bytes = room(&folder).await;
                if removed(&folder, report).await {
                    report.leftovers.add(bytes);
                }
            }
        }
        Ok(())
    }

    /// Files that programs left when they were asked for their version. Their times are the machine's own.
    pub(super) async fn prune_temporary(&self, report: &mut PruneReport) {
        let Ok(entries) = std::fs::read_dir(&self.folders.temporary) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let written = path.symlink_metadata().and_then(|facts| facts.modified()).ok();
            if written.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > ASKED) {
                let bytes = room(&path).await;
                if removed(&path, report).await {
                    report.leftovers.add(bytes);
                }
            }
        }
    }
}

/// Since when the folder of a run may go. One that no record knows is as old as its run.
fn since(run: RunId, known: Option<&RunStanding>) -> Option<Timestamp> {
    known.map_or_else(|| Some(run.made_at()), |known| known.ended_at)
}

/// Whether it is gone, or would be.
async fn removed(path: &Path, report: &mut PruneReport) -> bool {
    if report.dry_run {
        return true;
    }
    match remove_folder(path).await {
        Ok(()) => true,
        Err(error) => {
            report.keep(path.display().to_string(), error.problem().to_string());
            false
        }
    }
}

/// Folders in a folder that are named by an id. Whatever else lies there is not ours.
fn folders_by_id<Id: FromStr>(folder: &Path) -> Result<Vec<(Id, PathBuf)>, Problem> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        Problem::operator(
            ErrorCode::CannotRead,
            format!("cannot read {}: {error}", folder.display()),
            "check its permissions",
        )
    })?;
    let named = |entry: std::fs::DirEntry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let id = entry.file_name().to_str()?.parse().ok()?;
        is_folder.then(|| (id, entry.path()))
    };
    Ok(entries.flatten().filter_map(named).collect())
}
