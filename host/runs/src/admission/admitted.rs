//! The place that a run was admitted to, checked at admission and before each round.

use jackfield_types::{ErrorCode, Problem};
use jackfield_workspace::{Source, locate, locate_again};
use serde::{Deserialize, Serialize};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// The place that a run was admitted to, as checked then: with links resolved and within the bounds. It is recorded
/// with the run, and the name in the request is not resolved again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Admitted {
    /// The folder of the request.
    pub(crate) folder: PathBuf,
    /// The root of the work tree; of a plain folder, the folder.
    top: PathBuf,
    /// The git folder; of a plain folder, the folder.
    store: PathBuf,
    /// The inode of `store`, which differs if another repository replaces it.
    inode: Option<u64>,
    /// The configuration named the folder, not the caller.
    pub(crate) configured: bool,
}

impl Admitted {
    pub(crate) fn of(source: &Source, configured: bool) -> Self {
        let (top, store) = match source {
            Source::Git(repository) => (&repository.top, &repository.common),
            Source::Folder { path } => (path, path),
        };
        let inode = store.symlink_metadata().ok().map(|facts| facts.ino());
        Self { folder: source.path(), top: top.clone(), store: store.clone(), inode, configured }
    }

    /// Whether both have the same folder and repository paths.
    pub(crate) fn leads_to(&self, other: &Self) -> bool {
        (&self.folder, &self.top, &self.store) == (&other.folder, &other.top, &other.store)
    }

    /// Returns what is there now. It runs before and after each round, so it must be cheap.
    pub(crate) async fn found(&self) -> Result<Source, Problem> {
        let found = if self.top == self.store {
            locate(&self.folder).await
        } else {
            locate_again(&self.folder, &self.top, &self.store).await
        };
        Ok(found?)
    }

    pub(crate) fn replaced(&self) -> Problem {
        Problem::caller(
            ErrorCode::WorkspaceReplaced,
            format!(
                "{} is not the repository or folder that this run was admitted for",
                self.folder.display()
            ),
            "a link, or another repository, was put in its place; send the request again to use it",
        )
    }
}
