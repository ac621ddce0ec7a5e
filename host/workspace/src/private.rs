//! The private repository of a copied folder: it gives the diff, and the agent does not see it.

use crate::git::Git;
use crate::index::Index;
use crate::{Commit, WorkspaceError, Worktree, WorktreeKind, commits, guarded, nested, survey};
use std::fs;
use std::path::Path;

/// A file of the repository that is written when the copy is whole, so that what changes later can be told.
const BEGAN: &str = "jackfield-began";

/// Makes a repository at `repository` for the files in `tree`, and commits them as they are on `branch`.
pub(crate) async fn begin(repository: &Path, tree: &Path, branch: &str) -> Result<Commit, WorkspaceError> {
    Git::to("make a private repository", tree)
        .with("GIT_DIR", repository)
        .with("GIT_WORK_TREE", tree)
        // No template: it would bring hooks and descriptions that nobody will read.
        .arguments(["init", "--quiet", "--template=", "--initial-branch", branch])
        .run()
        .await?;
    let index = Index { git_folder: repository, tree, file: repository.join("index") };
    // A repository inside the folder is taken file by file; its own git folder stays the agent's to use.
    let found = survey::survey(tree).await?;
    let aside = nested::move_aside(tree, found.git_folders, &repository.join("aside"), None)?;
    let taken = async {
        index.take_in(None).await?;
        index.write_tree(&[]).await
    };
    let taken = guarded::again(tree, repository, taken).await;
    nested::put_back(tree, &aside)?;
    let listed = taken?;
    let base = commits::make(repository, &listed, &[], "The folder as it was\n").await?;
    commits::move_branch(repository, branch, &base, None).await?;
    let began = repository.join(BEGAN);
    fs::write(&began, "").map_err(WorkspaceError::file("write", &began))?;
    Ok(base)
}

/// When the copy of a folder was whole; nothing for a worktree, in which all that git ignores is new.
pub(crate) fn began(worktree: &Worktree) -> Option<(i64, i64)> {
    let began = worktree.repository.join(BEGAN);
    let copied = worktree.kind == WorktreeKind::Copy;
    copied.then(|| began.metadata().ok()).flatten().map(|facts| survey::changed(&facts))
}
