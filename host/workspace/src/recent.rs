//! Worktrees that were captured a moment ago: where nothing was done in one since, all of it is saved, and one
//! question to git tells.
//!
//! The index that the capture left is known by its digest, so it holds no mark that hides a file, and what it says of
//! files is what was seen then. This is kept in memory only: after a restart everything is looked at again.

use crate::index::Index;
use crate::save::Saved;
use crate::{Commit, WorkspaceError, Worktree, WorktreeKind, heads, marks};
use jackfield_types::AttemptId;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Most worktrees that are remembered.
const MOST: usize = 256;

/// What was seen of worktrees when they were captured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recent(Arc<Mutex<HashMap<AttemptId, Seen>>>);

/// A worktree that stands on its branch with nothing to commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) head: Commit,
    index: [u8; 32],
}

impl Recent {
    /// Remembers a worktree of which everything is saved.
    pub(crate) async fn remember(&self, worktree: &Worktree, saved: &Saved) {
        if !saved.aligned || worktree.kind != WorktreeKind::Git {
            return;
        }
        let Some(index) = digest(worktree.admin.join("index")).await else { return };
        let mut all = self.0.lock();
        if all.len() < MOST {
            all.insert(worktree.attempt, Seen { head: saved.head.clone(), index });
        }
    }

    /// What was seen of a worktree, which is forgotten.
    pub(crate) fn take(&self, attempt: AttemptId) -> Option<Seen> {
        self.0.lock().remove(&attempt)
    }
}

impl Seen {
    /// Whether the worktree is still as it was: on its branch, at the same commit, with nothing to commit.
    ///
    /// # Errors
    /// Where git does not answer.
    pub(crate) async fn holds(&self, worktree: &Worktree) -> Result<bool, WorkspaceError> {
        let (git_folder, tree) = (worktree.admin.as_path(), worktree.path.as_path());
        let file = git_folder.join("index");
        let stands = heads::reference(git_folder).as_deref() == Some(&worktree.reference());
        if !worktree.is_there() || !stands || digest(file.clone()).await != Some(self.index) {
            return Ok(false);
        }
        let index = Index { git_folder, tree, file };
        let git = marks::settings(tree).into_iter().fold(index.git("look for changes"), crate::git::Git::set);
        let answer = git
            .arguments(["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all"])
            .argument("--ignore-submodules=none")
            .ask()
            .await?;
        Ok(answer.code == Some(0) && self.is_all(&answer.stdout, &worktree.branch))
    }

    /// Whether git lists the branch at the commit, and nothing besides.
    fn is_all(&self, listing: &[u8], branch: &str) -> bool {
        let lines = || listing.split(|byte| *byte == 0).filter(|line| !line.is_empty());
        let has = |line: String| lines().any(|other| other == line.as_bytes());
        has(format!("# branch.oid {}", self.head))
            && has(format!("# branch.head {branch}"))
            && lines().all(|line| line.starts_with(b"# "))
    }
}

/// The digest of a plain file; `None` where there is none.
pub(crate) async fn digest(file: PathBuf) -> Option<[u8; 32]> {
    tokio::task::spawn_blocking(move || digest_of(&file).ok()).await.ok().flatten()
}

fn digest_of(file: &Path) -> io::Result<[u8; 32]> {
    if !file.symlink_metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let (mut file, mut hash, mut buffer) = (File::open(file)?, Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            count => hash.update(buffer.get(..count).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_but_the_branch_at_its_commit_is_a_change() {
        let id = "1".repeat(40);
        let seen = Seen { head: Commit::try_from(id.clone()).unwrap(), index: [0; 32] };
        let headers = format!("# branch.oid {id}\0# branch.head jackfield/a/b\0");
        let is_all = |listing: String| seen.is_all(listing.as_bytes(), "jackfield/a/b");
        assert!(is_all(headers.clone()));
        assert!(is_all(format!("{headers}# stash 1\0")));
        assert!(!is_all(format!("{headers}? new\0")));
        assert!(!is_all(format!("{headers}? # branch\0")));
        assert!(!is_all(format!("# branch.oid {id}\0")));
        assert!(!is_all(headers.replace('1', "2")));
        assert!(!is_all(String::new()));
    }
}
