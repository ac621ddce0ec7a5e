//! Putting a worktree back to what was captured of it: what a check leaves behind is not the agent's work.

use crate::git::Git;
use crate::{Commit, WorkspaceError, Worktree, Worktrees};

impl Worktrees {
    /// Undoes whatever was done in a worktree since `head` was captured. What git ignores stays, and so do
    /// repositories within it.
    ///
    /// Only to be called where everything that was to be kept is in `head`.
    ///
    /// # Errors
    /// Where git refuses; then the worktree is as it was, and its release commits what is in it.
    pub async fn restore(&self, worktree: &Worktree, head: &Commit) -> Result<(), WorkspaceError> {
        if !worktree.is_there() {
            return Ok(());
        }
        let git = |what: &str| {
            Git::to(what, &worktree.path)
                .with("GIT_DIR", &worktree.admin)
                .with("GIT_WORK_TREE", &worktree.path)
        };
        let (guard, _) = self.guard(worktree).await?;
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
}
