//! Putting a worktree back to what was captured of it: what a check leaves behind is not the agent's work.

use crate::git::Git;
use crate::trust::Trust;
use crate::{Commit, WorkspaceError, Worktree};
use std::path::Path;

/// See [`Worktrees::restore`](crate::Worktrees::restore).
pub(crate) async fn restore(root: &Path, worktree: &Worktree, head: &Commit) -> Result<(), WorkspaceError> {
    if !worktree.is_there() {
        return Ok(());
    }
    let git = |what: &str| {
        Git::to(what, &worktree.path).with("GIT_DIR", &worktree.admin).with("GIT_WORK_TREE", &worktree.path)
    };
    let (guard, _) = Trust(root).guard(worktree).await?;
    let restored = guard.hold(async {
        git("undo what a check did")
            .filtered_if_possible()
            .with("GIT_INDEX_FILE", worktree.admin.join("index"))
            .arguments(["reset", "--hard", "--quiet", head.as_str()])
            .run()
            .await?;
        git("remove what a check left").arguments(["clean", "-f", "-d", "--quiet"]).run().await
    });
    restored.await.map(drop)
}
