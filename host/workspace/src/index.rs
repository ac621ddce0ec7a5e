//! An index of our own: git works on the files of a tree with it, whatever became of the agent's.

use crate::git::Git;
use crate::removal;
use std::path::{Path, PathBuf};

/// An index of our own, for one tree of files. `tree` is absolute.
pub(crate) struct Index<'a> {
    pub(crate) git_folder: &'a Path,
    pub(crate) tree: &'a Path,
    pub(crate) file: PathBuf,
}

impl Index<'_> {
    /// Whatever writes an index may look into files that changed as late as it was written, which filters are for.
    pub(crate) fn git(&self, what: &str) -> Git {
        Git::to(what, self.tree)
            .filtered_if_possible()
            .with("GIT_DIR", self.git_folder)
            .with("GIT_WORK_TREE", self.tree)
            .with("GIT_INDEX_FILE", &self.file)
    }
}

/// Removed with whatever it was used for, done or not.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = removal::forget(&self.0) {
            tracing::warn!(%error, "a scratch index stays behind");
        }
    }
}
