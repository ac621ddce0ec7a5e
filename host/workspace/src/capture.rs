//! What an attempt changed: committed to its branch, listed, and written out as a patch.

use crate::git::Git;
use crate::points::Points;
use crate::recent::Recent;
use crate::save::Saved;
use crate::survey::{self, Survey};
use crate::trust::Trust;
use crate::{
    ChangedFile, Commit, Keeping, Leftover, LeftoverKind, WorkspaceError, Worktree, changed, ignored,
    leftovers, nested, private, reachability, save, stash,
};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// What an attempt changed, from its base to the end of its branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// The files, in git's order. Empty where nothing changed.
    pub files: Vec<ChangedFile>,
    /// The patch, which `git apply` takes, binary files included. Empty where nothing changed.
    pub diff: PathBuf,
    /// The size of the patch.
    pub diff_bytes: u64,
    /// The end of the branch, which holds all of it.
    pub head: Commit,
    /// Something was not committed, and a commit was made for it.
    pub committed: bool,
    /// What could not be committed and is in the folder alone, for a person to read. Such a worktree is
    /// kept when it is released.
    pub left_out: Option<String>,
    /// What the agent made besides, and the branch does not hold: where it is kept, or that it is not.
    #[serde(default)]
    pub leftovers: Vec<Leftover>,
    /// Settings of git that the agent added and that are not used, and filters that failed, so that files were taken
    /// as they are.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// See [`Worktrees::capture`](crate::Worktrees::capture).
pub(crate) async fn capture(
    (root, recent): (&Path, &Recent),
    worktree: &Worktree,
    diff: &Path,
) -> Result<Captured, WorkspaceError> {
    let folder = root.join("kept").join(worktree.attempt.to_string());
    let keeping = Keeping { folder, ignored_bytes: leftovers::KEPT_BYTES };
    capture_keeping((root, recent), worktree, diff, &keeping).await
}

/// See [`Worktrees::capture_keeping`](crate::Worktrees::capture_keeping).
pub(crate) async fn capture_keeping(
    (root, recent): (&Path, &Recent),
    worktree: &Worktree,
    diff: &Path,
    keeping: &Keeping,
) -> Result<Captured, WorkspaceError> {
    let diff = std::path::absolute(diff).map_err(WorkspaceError::file("write", diff))?;
    if let Some(folder) = diff.parent() {
        fs::create_dir_all(folder).map_err(WorkspaceError::file("make the folder", folder))?;
    }
    let (guard, mut warnings) = Trust(root).guard(worktree).await?;
    let mut captured = guard.hold(take(recent, worktree, diff, keeping)).await?;
    warnings.extend(guard.take_notes());
    captured.warnings = warnings;
    Ok(captured)
}

/// Takes everything, with git held to what the guard in force allows.
async fn take(
    recent: &Recent,
    worktree: &Worktree,
    diff: PathBuf,
    keeping: &Keeping,
) -> Result<Captured, WorkspaceError> {
    let mut left = Left::default();
    let points = take_stash(worktree, &mut left).await?;
    let since = private::began(worktree);
    let found = look(worktree).await?;
    let aside = nested::set_aside(worktree, &found, &keeping.folder, since).await?;
    let mut saved = match save::save_from(worktree, &points).await {
        Ok(saved) => saved,
        Err(error) => {
            nested::put_back(&worktree.path, &aside)?;
            return Err(error);
        }
    };
    left.listed.extend(nested::settle(worktree, &aside, &keeping.folder)?);
    let (listing, written, ignored, earlier) = tokio::join!(
        changed::list(&worktree.repository, &worktree.base, &saved.head),
        write_patch(worktree, &saved.head, &diff),
        keep_ignored(worktree, &saved, keeping, since),
        reachability::secure_made(worktree, &saved, points.has_earlier)
    );
    let (listing, diff_bytes) = (listing?, written?);
    left.out = saved.left_out.take().or_else(|| nested(&listing.nested)).or(left.out);
    left.listed.extend(saved.unfiltered.take().map(unfiltered));
    left.take(ignored, "files that git ignores could not be kept");
    if worktree.is_there() {
        left.listed.extend(passed_over(worktree, found, since));
    }
    let earlier = earlier.map(|made| made.map(list_earlier).into_iter().collect());
    left.take(earlier, "failed to look for its earlier commits");
    if left.out.is_none() {
        recent.remember(worktree, &saved).await;
    }
    Ok(Captured {
        files: listing.files,
        diff,
        diff_bytes,
        head: saved.head,
        committed: saved.committed,
        left_out: left.out,
        leftovers: left.listed,
        warnings: Vec::new(),
    })
}

/// Takes the agent's entries of the stash, where there can be any. Where the branch and HEAD are then.
async fn take_stash(worktree: &Worktree, left: &mut Left) -> Result<Points, WorkspaceError> {
    let points = Points::read(worktree).await?;
    if !stash::is_of_use(worktree, &points) {
        return Ok(points);
    }
    left.take(stash::take(worktree).await, "its entries of the stash could not be kept");
    Points::read(worktree).await
}

async fn keep_ignored(
    worktree: &Worktree,
    saved: &Saved,
    keeping: &Keeping,
    since: Option<(i64, i64)>,
) -> Result<Vec<Leftover>, WorkspaceError> {
    if worktree.is_there() { ignored::keep(worktree, saved, keeping, since).await } else { Ok(Vec::new()) }
}

/// What is not on the branch.
#[derive(Default)]
struct Left {
    listed: Vec<Leftover>,
    /// Why the worktree has to stay.
    out: Option<String>,
}

impl Left {
    /// Where something could not be kept, the worktree stays for it.
    fn take(&mut self, kept: Result<Vec<Leftover>, WorkspaceError>, otherwise: &str) {
        match kept {
            Ok(kept) => self.listed.extend(kept),
            Err(error) => self.out = Some(format!("{otherwise}: {error}")),
        }
    }
}

fn unfiltered(said: String) -> Leftover {
    Leftover {
        kind: LeftoverKind::Unfiltered,
        what: "(on the branch as they were on the disk)".to_owned(),
        files: 0,
        bytes: 0,
        kept: None,
        why: leftovers::plain(&said),
        get: None,
    }
}

fn list_earlier((branch, commits): (String, u64)) -> Leftover {
    Leftover {
        kind: LeftoverKind::EarlierCommits,
        what: format!("({commits})"),
        files: 0,
        bytes: 0,
        get: Some(format!("git log {branch}")),
        kept: Some(branch),
        why: "the agent amended, rebased or reset them away".to_owned(),
    }
}

/// What git would pass over, but for what it ignores.
async fn look(worktree: &Worktree) -> Result<Survey, WorkspaceError> {
    if !worktree.is_there() {
        return Ok(Survey::default());
    }
    let mut found = survey::survey(&worktree.path).await?;
    let inside = found.git_folders.iter().filter_map(|path| path.parent());
    let asked: Vec<&Path> = inside.chain(found.empty.iter().map(PathBuf::as_path)).collect();
    if !asked.is_empty() {
        let ignored = ignored::among(worktree, &asked).await?;
        let submodules = nested::submodules(worktree).await?;
        found.git_folders.retain(|path| {
            path.parent().is_none_or(|folder| !ignored.contains(folder) && !submodules.contains(folder))
        });
        // A submodule that is not fetched is empty, and the folder where the agent starts is made for it.
        let given = |path: &Path| worktree.cwd.starts_with(worktree.path.join(path));
        found.empty.retain(|path| !ignored.contains(path) && !submodules.contains(path) && !given(path));
        found.empty.sort_unstable();
    }
    Ok(found)
}

/// What git has no form for.
fn passed_over(worktree: &Worktree, mut found: Survey, since: Option<(i64, i64)>) -> Vec<Leftover> {
    let new = |path: &Path| {
        let facts = worktree.path.join(path).symlink_metadata();
        facts.is_ok_and(|facts| since.is_none_or(|since| survey::changed(&facts) >= since))
    };
    found.special.retain(|(path, _)| new(path));
    found.empty.retain(|path| new(path));
    let leftover = |kind, what: String, files: usize, why: &str| {
        let why = why.to_owned();
        let leftover = Leftover { kind, what, files: files as u64, bytes: 0, kept: None, why, get: None };
        Some(leftover).filter(|leftover| !leftover.what.is_empty())
    };
    let named: Vec<PathBuf> = found
        .special
        .iter()
        .map(|(path, kind)| format!("{} ({kind})", leftovers::line(path)).into())
        .collect();
    let special = leftovers::named(named.iter().map(PathBuf::as_path));
    let empty = leftovers::named(found.empty.iter().map(PathBuf::as_path));
    let why = "git has no form for pipes, sockets and devices";
    let special = leftover(LeftoverKind::SpecialFile, special, named.len(), why);
    let empty = leftover(LeftoverKind::EmptyFolder, empty, 0, "git keeps no folder without a file");
    special.into_iter().chain(empty).collect()
}

/// What to say of repositories inside the worktree, whose commits are nowhere else.
pub(crate) fn nested(paths: &[PathBuf]) -> Option<String> {
    let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    (!names.is_empty()).then(|| format!("repositories inside the worktree: {}", names.join(", ")))
}

async fn write_patch(worktree: &Worktree, head: &Commit, to: &Path) -> Result<u64, WorkspaceError> {
    if &worktree.base == head {
        fs::write(to, "").map_err(WorkspaceError::file("write", to))?;
        return Ok(0);
    }
    let mut output = std::ffi::OsString::from("--output=");
    output.push(to);
    Git::to("write the diff", &worktree.repository)
        .with("GIT_DIR", &worktree.repository)
        .arguments(["diff-tree", "-r", "-p", "--binary", "--full-index", "--find-renames", "--no-color"])
        .arguments(["--no-ext-diff", "--no-textconv"])
        .argument(output)
        .arguments([worktree.base.as_str(), head.as_str()])
        .run()
        .await?;
    to.metadata().map(|facts| facts.len()).map_err(WorkspaceError::file("read", to))
}
