//! The identity of a file. SQLite continues with a deleted file and loses everything that it acknowledges.

use jackfield_sql::BackendError;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The identity of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    pub(crate) fn of(file: &Path) -> Result<Self, BackendError> {
        let facts = file.metadata().map_err(|_| BackendError::Replaced)?;
        Ok(Self { device: facts.dev(), inode: facts.ino() })
    }

    /// Checks that this is the file, and that it has not been emptied.
    pub(crate) fn check(self, file: &Path) -> Result<(), BackendError> {
        let facts = file.metadata().ok().filter(|facts| facts.len() > 0).ok_or(BackendError::Replaced)?;
        if (Self { device: facts.dev(), inode: facts.ino() }) == self {
            return Ok(());
        }
        Err(BackendError::Replaced)
    }
}
