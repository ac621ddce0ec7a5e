//! Where a run was admitted to work, checked when it was admitted and again before each round.

use jackfield_types::{ErrorCode, Problem};
use jackfield_workspace::{Source, locate, locate_again};
use serde::{Deserialize, Serialize};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// Where a run was admitted to work, as it was checked then: with links followed, and within the bounds. It is recorded
/// with the run, and its name in the request is never resolved again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Admitted {
    /// The folder that was meant.
    pub(super) folder: PathBuf,
    /// The top of the repository's files; of a plain folder, the folder.
    top: PathBuf,
    /// The repository's git folder; of a plain folder, the folder.
    store: PathBuf,
    /// The inode of `store`: another repository that was put in its place has another.
    inode: Option<u64>,
    /// The operator chose the folder by configuration then.
    pub(super) configured: bool,
}

impl Admitted {
    pub(super) fn of(source: &Source, configured: bool) -> Self {
        let (top, store) = match source {
            Source::Git(repository) => (&repository.top, &repository.common),
            Source::Folder { path } => (path, path),
        };
        let inode = store.symlink_metadata().ok().map(|facts| facts.ino());
        Self { folder: source.path(), top: top.clone(), store: store.clone(), inode, configured }
    }

    /// Whether the same folder leads to the same repository by its paths.
    pub(super) fn leads_to(&self, other: &Self) -> bool {
        (&self.folder, &self.top, &self.store) == (&other.folder, &other.top, &other.store)
    }

    /// What is there now. Asked before and after each round, so it is to be cheap.
    pub(super) async fn found(&self) -> Result<Source, Problem> {
        let found = if self.top == self.store {
            locate(&self.folder).await
        } else {
            locate_again(&self.folder, &self.top, &self.store).await
        };
        Ok(found?)
    }

    pub(super) fn replaced(&self) -> Problem {
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
