//! Commits in a repository: compared, made, and pointed at by a branch.

use crate::git::Git;
use crate::{Commit, WorkspaceError};
use std::path::Path;

/// Whether every commit of `older` is in `newer` too.
pub(crate) async fn is_ancestor(
    repository: &Path,
    older: &Commit,
    newer: &Commit,
) -> Result<bool, WorkspaceError> {
    if older == newer {
        return Ok(true);
    }
    let what = "compare two commits";
    let answer = Git::to(what, repository)
        .with("GIT_DIR", repository)
        .arguments(["merge-base", "--is-ancestor", older.as_str(), newer.as_str()])
        .ask()
        .await?;
    match answer.code {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(answer.refused(what.to_owned())),
    }
}

/// The tree of files of a commit.
pub(crate) async fn tree_of(git_folder: &Path, commit: &Commit) -> Result<String, WorkspaceError> {
    Git::to("read a commit", git_folder)
        .with("GIT_DIR", git_folder)
        .arguments(["rev-parse", "--verify", &format!("{commit}^{{tree}}")])
        .line()
        .await
}

/// Makes a commit that nothing points at yet.
pub(crate) async fn make(
    git_folder: &Path,
    tree: &str,
    parents: &[Commit],
    message: &str,
) -> Result<Commit, WorkspaceError> {
    Git::to("commit what the agent left", git_folder)
        .with("GIT_DIR", git_folder)
        .arguments(["commit-tree", tree])
        .arguments(parents.iter().flat_map(|parent| ["-p", parent.as_str()]))
        .arguments(["-F", "-"])
        .reading(message)
        .commit()
        .await
}

/// Points a branch at a commit, if it still is where it was.
pub(crate) async fn move_branch(
    git_folder: &Path,
    branch: &str,
    to: &Commit,
    from: Option<&Commit>,
) -> Result<(), WorkspaceError> {
    let none = "0".repeat(to.as_str().len());
    Git::to("move the branch of the attempt", git_folder)
        .with("GIT_DIR", git_folder)
        .arguments(["update-ref", "-m", "jackfield: what the attempt left", &format!("refs/heads/{branch}")])
        .arguments([to.as_str(), from.map_or(&none, Commit::as_str)])
        .run()
        .await
        .map(drop)
}
