//! The private repository of a copied folder: it gives the diff, and the agent does not see it.

use crate::git::Git;
use crate::save::{self, Index};
use crate::{Commit, WorkspaceError, guard};
use std::path::Path;

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
    let taken = async {
        index.take_in().await?;
        index.write_tree().await
    };
    let listed = guard::again(tree, repository, taken).await?;
    let base = save::commit(repository, &listed, &[], "The folder as it was\n").await?;
    save::move_branch(repository, branch, &base, None).await?;
    Ok(base)
}
