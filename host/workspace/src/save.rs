//! Committing what an agent left, whatever state it left it in.
//!
//! The agent may have committed or not, switched branches, detached HEAD, stopped in the middle of a
//! merge, been killed while it held a lock, or deleted `.git`. So nothing relies on the worktree being
//! in order: the files are taken into an index of our own, the commit is made from that index, and the
//! attempt's branch is moved so that it reaches everything: what the branch had, what HEAD had, and
//! what was not committed. Only then is the worktree brought back in line with its branch.

use crate::git::Git;
use crate::index::{Index, Scratch};
use crate::points::{Parents, Point, Points};
use crate::{Commit, WorkspaceError, Worktree, WorktreeKind, commits, heads, marks, removal};
use std::fs;
use std::path::Path;

/// What the branch of the attempt holds now.
#[derive(Debug)]
pub(crate) struct Saved {
    pub(crate) head: Commit,
    /// A commit was made for it.
    pub(crate) committed: bool,
    /// What could not be committed, in git's words or ours.
    pub(crate) left_out: Option<String>,
    /// What a filter said that refused its content, which was then taken in as it is.
    pub(crate) unfiltered: Option<String>,
    /// The worktree stands on its branch, and its index holds what `head` does.
    pub(crate) aligned: bool,
    /// Where the branch and the worktree were before, which `head` descends from.
    pub(crate) before: Vec<Commit>,
}

/// What is left of operations that the agent did not finish. Their commits are saved by then.
const UNFINISHED: &[&str] = &[
    "MERGE_HEAD",
    "MERGE_MODE",
    "MERGE_MSG",
    "AUTO_MERGE",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "REBASE_HEAD",
];
/// Locks that a killed agent may have left on its own HEAD and index.
const LOCKS: &[&str] = &["index.lock", "HEAD.lock", "reftable/tables.list.lock"];
const UNFINISHED_FOLDERS: &[&str] = &["rebase-merge", "rebase-apply", "sequencer"];

/// Commits everything that git would not ignore to the branch of the attempt.
///
/// To be called when the agent has ended: its leftover locks are removed.
pub(crate) async fn save(worktree: &Worktree) -> Result<Saved, WorkspaceError> {
    save_from(worktree, &Points::read(worktree).await?).await
}

/// The same for a worktree whose branch and HEAD are known to be at these points.
pub(crate) async fn save_from(worktree: &Worktree, points: &Points) -> Result<Saved, WorkspaceError> {
    let admin = Some(worktree.admin.as_path()).filter(|_| worktree.has_own_git_folder());
    // Without its own git folder the worktree borrows the repository's, and must not read HEAD there.
    let git_folder = admin.unwrap_or(&worktree.repository);
    let file = git_folder.join(format!("jackfield-{}", worktree.attempt));
    let _scratch = Scratch(file.clone());
    let index = Index { git_folder, tree: &worktree.path, file };
    for name in admin.iter().flat_map(|admin| LOCKS.iter().map(|name| admin.join(name))) {
        removal::forget(&name)?;
    }
    let start = points.start(worktree).await?;
    let found = if worktree.is_there() {
        Found::look(&index, admin, worktree, points, &start).await?
    } else {
        Found { left_out: Some("its folder is gone".to_owned()), ..Found::unchanged(&start) }
    };
    let clean = found.tree == start.tree;
    let (head, committed) = match points.parents(worktree, &start.commit, clean, found.merging).await? {
        Parents::Nothing(head) => (head, false),
        Parents::Commit(parents) => {
            let message =
                format!("What attempt {} left uncommitted\n\nRun: {}\n", worktree.attempt, worktree.run);
            (commits::make(git_folder, &found.tree, &parents, &message).await?, true)
        }
    };
    if points.tip.as_ref().map(|tip| &tip.commit) != Some(&head) {
        removal::forget(&worktree.repository.join(format!("{}.lock", worktree.reference())))?;
        commits::move_branch(git_folder, &worktree.branch, &head, points.tip.as_ref().map(|tip| &tip.commit))
            .await?;
    }
    let aligned = if let Some(admin) = admin {
        let stood_elsewhere = (!committed && head != start.commit).then_some(&start.commit);
        align(admin, worktree, &index, stood_elsewhere, &head).await?
    } else {
        false
    };
    let before = points.tip.iter().map(|tip| tip.commit.clone()).chain([start.commit]).collect();
    let Found { left_out, unfiltered, .. } = found;
    Ok(Saved { head, committed, left_out, unfiltered, aligned, before })
}

/// What the files are like.
struct Found {
    tree: String,
    left_out: Option<String>,
    unfiltered: Option<String>,
    merging: Option<Commit>,
}

impl Found {
    fn unchanged(start: &Point) -> Self {
        Self { tree: start.tree.clone(), left_out: None, unfiltered: None, merging: None }
    }

    async fn look(
        index: &Index<'_>,
        admin: Option<&Path>,
        worktree: &Worktree,
        points: &Points,
        start: &Point,
    ) -> Result<Self, WorkspaceError> {
        index.seed(admin, &start.commit).await?;
        // Half a merge is not recorded as one: a later merge would take the conflicts for settled.
        let merging = match &points.merging {
            Some(other) if !index.has_conflicts().await? => Some(other.clone()),
            _ => None,
        };
        let (left_out, unfiltered) = index.take_in_somehow(&start.commit).await?;
        let was_there = worktree.kind == WorktreeKind::Copy && worktree.source.join(".git").exists();
        let own = worktree.path.join(".git").is_dir() && !was_there;
        let left_out =
            left_out.or_else(|| own.then(|| "the agent made a repository of its own in it".to_owned()));
        // Writing the tree may look at a file again, and then runs its filter.
        let off = if unfiltered.is_some() { marks::without_filters(index).await? } else { Vec::new() };
        Ok(Self { tree: index.write_tree(&off).await?, left_out, unfiltered, merging })
    }
}

/// Makes the worktree stand on its branch with nothing to commit, so that a person who looks at it,
/// and the next save, find it in order. `stood_elsewhere` is where its unchanged files are from, where
/// that is not the end of the branch. Says whether it does.
async fn align(
    admin: &Path,
    worktree: &Worktree,
    index: &Index<'_>,
    stood_elsewhere: Option<&Commit>,
    head: &Commit,
) -> Result<bool, WorkspaceError> {
    for name in UNFINISHED {
        removal::forget(&admin.join(name))?;
    }
    for name in UNFINISHED_FOLDERS {
        removal::delete(admin.join(name)).await?;
    }
    if !index.file.is_file() {
        return Ok(false);
    }
    if let Some(from) = stood_elsewhere {
        let what = "bring the files to the end of their branch";
        let moved =
            index.git(what).arguments(["read-tree", "-m", "-u", from.as_str(), head.as_str()]).ask().await?;
        if moved.code != Some(0) {
            // All is saved; the files merely stay where the agent left them.
            tracing::info!(said = moved.said, "could not {what}");
            return Ok(false);
        }
    }
    let link = worktree.path.join(".git");
    if worktree.kind == WorktreeKind::Git && !link.exists() {
        let text = format!("gitdir: {}\n", admin.display());
        fs::write(&link, text).map_err(WorkspaceError::file("write", &link))?;
    }
    if heads::reference(admin).as_ref() != Some(&worktree.reference()) {
        stand_on_branch(admin, worktree).await?;
    }
    fs::rename(&index.file, admin.join("index"))
        .map_err(WorkspaceError::file("replace the index in", admin))?;
    Ok(true)
}

async fn stand_on_branch(admin: &Path, worktree: &Worktree) -> Result<(), WorkspaceError> {
    let head = |what: &str| Git::to(what, admin).with("GIT_DIR", admin).arguments(["symbolic-ref"]);
    let standing = head("read which branch the worktree is on").arguments(["--quiet", "HEAD"]).ask().await?;
    if String::from_utf8_lossy(&standing.stdout).trim_end() != worktree.reference() {
        let what = "put the worktree on its branch";
        head(what).arguments(["HEAD", &worktree.reference()]).run().await?;
    }
    Ok(())
}
