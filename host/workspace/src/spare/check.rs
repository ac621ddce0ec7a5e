//! Proof that a worktree which was made ahead is as git left it.
//!
//! The index is known by its digest. Git compares every file that it names with what it noted of it, the time of the
//! last change of any kind included, which nobody can set; and their content where they were changed in the second in
//! which the index was written. There are as many files as the index names, so there is no other; and there is no
//! repository, pipe or empty folder among them.

use super::folder::git;
use crate::WorkspaceError;
use crate::recent::digest;
use crate::survey::{self, Survey};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What the index was when it was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Check {
    index: [u8; 32],
    files: usize,
}

impl Check {
    /// Of a folder that was just made; `None` where it holds what is not to be proved in this way, as the folder of a
    /// submodule.
    pub(super) async fn of(folder: &Path, common: &Path) -> Result<Option<Self>, WorkspaceError> {
        let index = folder.join("index");
        let (Some(named), Some(digest)) = (named(&index), digest(index).await) else { return Ok(None) };
        let check = Self { index: digest, files: named };
        Ok(check.holds(folder, common).await?.then_some(check))
    }

    /// Whether nothing in the folder has changed since.
    pub(super) async fn holds(&self, folder: &Path, common: &Path) -> Result<bool, WorkspaceError> {
        let tree = folder.join("tree");
        let changed = git(common, folder, "look for changes")
            .set("core.fileMode=true")
            .arguments(["diff-files", "--name-only", "-z", "--ignore-submodules=none"])
            .run();
        let (index, found, changed) =
            tokio::join!(digest(folder.join("index")), survey::survey(&tree), changed);
        Ok(index == Some(self.index) && self.is_all(&found?) && changed?.is_empty())
    }

    fn is_all(&self, found: &Survey) -> bool {
        let repositories = found.git_at_top || !found.git_folders.is_empty();
        !repositories && found.special.is_empty() && found.empty.is_empty() && found.files == self.files
    }
}

/// How many files an index names: the third word of its header, see `gitformat-index(5)`.
pub(super) fn named(index: &Path) -> Option<usize> {
    let mut header = [0; 12];
    File::open(index).ok()?.read_exact(&mut header).ok()?;
    let number = header.get(8..12)?.try_into().ok().map(u32::from_be_bytes)?;
    usize::try_from(number).ok().filter(|_| header.starts_with(b"DIRC"))
}
