//! Our entries in a user's repository: a worktree's registration and its branch.
//!
//! Nothing here touches an entry that is not ours: ours are named by an attempt's id. Everything here
//! is called with the repository's lock held.

use crate::git::Git;
use crate::lock::Lock;
use crate::record::SETTLING;
use crate::{Commit, Repository, WorkspaceError, Worktree, plain_file, removal};
use jackfield_types::AttemptId;
use std::fs;
use std::path::{Path, PathBuf};

/// How the reason of our lock on a worktree begins; the attempt follows.
const OUR_LOCK: &str = "in use by jackfield, attempt";

/// Whether a worktree was locked by us, as its reason tells.
pub(crate) fn is_our_lock(reason: &str) -> bool {
    reason.starts_with(OUR_LOCK)
}

/// Registers a worktree without files, with its branch, and gives its own git folder.
pub(crate) async fn add(
    lock: &Lock,
    repository: &Repository,
    attempt: AttemptId,
    tree: &Path,
    branch: &str,
    base: &Commit,
) -> Result<PathBuf, WorkspaceError> {
    let what = "make a worktree";
    let ask = || {
        Git::to(what, &repository.top)
            .arguments(["worktree", "add", "--quiet", "--no-checkout", "--no-track", "--lock"])
            // Locked, so that neither the agent nor a tidying user prunes it while it is in use.
            .arguments(["--reason", &format!("{OUR_LOCK} {attempt}"), "-b", branch, "--"])
            .argument(tree)
            .argument(base.as_str())
            .ask()
    };
    let mut answer = ask().await?;
    if answer.code != Some(0) && tip(&repository.common, "jackfield").await?.is_some() {
        return Err(WorkspaceError::BranchInTheWay(repository.top.clone()));
    }
    if answer.code != Some(0) && has_broken(&repository.common) {
        // Git refuses every new worktree while one is half registered, which a killed host can leave; and
        // it refuses after it has made the branch.
        tokio::time::sleep(SETTLING).await;
        remove_broken(&repository.common).await?;
        if let Some(made) = tip(&repository.common, branch).await? {
            delete_branch(lock, &repository.common, branch, &made).await?;
        }
        answer = ask().await?;
    }
    if answer.code != Some(0) {
        return Err(answer.refused(what.to_owned()));
    }
    match leads_to(tree) {
        Some(admin) => Ok(admin),
        None => {
            let git = Git::to(what, tree).arguments(["rev-parse", "--absolute-git-dir"]);
            Ok(git.line().await?.into())
        }
    }
}

/// Where the file `.git` of a worktree leads; `None` where it does not say so plainly.
fn leads_to(tree: &Path) -> Option<PathBuf> {
    let text = plain_file::text(&tree.join(".git"))?;
    let path = tree.join(text.strip_prefix("gitdir: ")?.strip_suffix('\n')?);
    path.canonicalize().ok()
}

/// Takes our lock off a worktree that stays. One that is not locked any more is left as it is.
pub(crate) async fn unlock(worktree: &Worktree) -> Result<(), WorkspaceError> {
    if !worktree.repository.is_dir() {
        return Ok(());
    }
    let git = Git::to("unlock the worktree", &worktree.repository).with("GIT_DIR", &worktree.repository);
    let answer = git.arguments(["worktree", "unlock", "--"]).argument(&worktree.path).ask().await?;
    if answer.code != Some(0) {
        // It is not locked, or the agent has changed where git thinks that it is.
        removal::forget(&worktree.admin.join("locked"))?;
    }
    Ok(())
}

/// A branch to start from where there is no commit: an empty one, which a later first merge
/// fast-forwards to.
pub(crate) async fn empty_commit(repository: &Path) -> Result<Commit, WorkspaceError> {
    let what = "make an empty commit";
    let git = || Git::to(what, repository).with("GIT_DIR", repository);
    let tree = git().arguments(["hash-object", "-t", "tree", "-w", "--stdin"]).line().await?;
    git()
        .arguments(["commit-tree", &tree, "-F", "-"])
        .reading("Start of a repository without commits\n")
        .commit()
        .await
}

/// Removes the registration of a worktree, whole or half made, as git does: its own git folder is all of it.
pub(crate) async fn remove(_lock: &Lock, common: &Path, admin: &Path) -> Result<(), WorkspaceError> {
    let entries = common.join("worktrees");
    if admin.parent() != Some(&entries) {
        return Ok(());
    }
    removal::delete(admin.to_owned()).await?;
    // The folder goes with its last entry, and stays where there is another.
    let _ = fs::remove_dir(entries);
    Ok(())
}

/// Deletes a branch if it still points where it is thought to.
pub(crate) async fn delete_branch(
    _lock: &Lock,
    repository: &Path,
    branch: &str,
    tip: &Commit,
) -> Result<(), WorkspaceError> {
    Git::to("delete the branch of the attempt", repository)
        .with("GIT_DIR", repository)
        .arguments(["update-ref", "-d", &format!("refs/heads/{branch}"), tip.as_str()])
        .run()
        .await
        .map(drop)
}

/// Where a branch points.
pub(crate) async fn tip(repository: &Path, branch: &str) -> Result<Option<Commit>, WorkspaceError> {
    let what = "read the branch of the attempt";
    let answer = Git::to(what, repository)
        .with("GIT_DIR", repository)
        .arguments(["rev-parse", "--verify", "--quiet", &format!("refs/heads/{branch}^{{commit}}")])
        .ask()
        .await?;
    match answer.code {
        Some(0) => Commit::try_from(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
            .map(Some)
            .map_err(|error| WorkspaceError::Git { what: what.to_owned(), said: error.to_string() }),
        Some(1) => Ok(None),
        _ => Err(answer.refused(what.to_owned())),
    }
}

fn broken(common: &Path) -> Vec<PathBuf> {
    let ours = |entry: &PathBuf| {
        entry.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.parse::<AttemptId>().is_ok())
    };
    let whole = |entry: &PathBuf| {
        ["HEAD", "commondir", "gitdir"]
            .iter()
            .all(|name| entry.join(name).metadata().is_ok_and(|facts| facts.len() > 0))
    };
    let entries = fs::read_dir(common.join("worktrees")).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|entry| ours(entry) && !whole(entry)).collect()
}

fn has_broken(common: &Path) -> bool {
    !broken(common).is_empty()
}

async fn remove_broken(common: &Path) -> Result<(), WorkspaceError> {
    for entry in broken(common) {
        tracing::info!(entry = %entry.display(), "removing a half-made worktree registration");
        removal::delete(entry).await?;
    }
    Ok(())
}
