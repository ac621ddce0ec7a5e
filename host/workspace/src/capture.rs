//! What an attempt changed: committed to its branch, listed, and written out as a patch.

use crate::git::Git;
use crate::{ChangedFile, Commit, WorkspaceError, Worktree, Worktrees, changed, save};
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
    /// What is to be told besides: settings of git that the agent added and that are not used, and filters that
    /// failed, so that files were taken as they are.
    #[serde(default)]
    pub warnings: Vec<String>,
}

impl Worktrees {
    /// Commits what the agent left to the attempt's branch, and writes the patch against its base to the
    /// file `diff`.
    ///
    /// To be called when the agent has ended: locks that it left are removed, and a merge or rebase
    /// that it did not finish ends. It may be called again.
    ///
    /// # Errors
    /// Where git or the file system refuses; what was there before is there still then.
    pub async fn capture(&self, worktree: &Worktree, diff: &Path) -> Result<Captured, WorkspaceError> {
        let diff = std::path::absolute(diff).map_err(WorkspaceError::file("write", diff))?;
        if let Some(folder) = diff.parent() {
            fs::create_dir_all(folder).map_err(WorkspaceError::file("make the folder", folder))?;
        }
        let (guard, mut warnings) = self.guard(worktree).await?;
        let captured = guard.hold(async {
            let saved = save::save(worktree).await?;
            let (listing, written) = tokio::join!(
                changed::list(&worktree.repository, &worktree.base, &saved.head),
                write_patch(worktree, &saved.head, &diff)
            );
            Ok::<_, WorkspaceError>((saved, listing?, written?))
        });
        let (saved, listing, diff_bytes) = captured.await?;
        warnings.extend(guard.take_notes());
        let left_out = saved.left_out.or_else(|| nested(&listing.nested));
        Ok(Captured {
            files: listing.files,
            diff,
            diff_bytes,
            head: saved.head,
            committed: saved.committed,
            left_out,
            warnings,
        })
    }
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
