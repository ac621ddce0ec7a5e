//! Locks that hold between processes and go with the process that held them.
//!
//! A repository's lock lies in its git folder, because that is the one place that all processes
//! agree on, whatever worktrees folder they use. The kernel lets go when the holder dies, so there
//! is no stale lock and nothing to time out but patience.

use crate::WorkspaceError;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

/// The lock's file in the git folder.
const NAME: &str = "jackfield.lock";

const PATIENCE: Duration = Duration::from_secs(120);
const SHORTEST_WAIT: Duration = Duration::from_millis(1);
const LONGEST_WAIT: Duration = Duration::from_millis(20);

/// Held until dropped.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Lock {
    /// Takes the lock if nobody has it.
    pub(crate) fn try_take(path: &Path) -> Result<Option<Self>, WorkspaceError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(WorkspaceError::file("open the lock", path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(WorkspaceError::file("lock", path)(source)),
        }
    }

    /// Waits for the lock on the repository whose git folder this is.
    pub(crate) async fn repository(git_folder: &Path) -> Result<Self, WorkspaceError> {
        let path = git_folder.join(NAME);
        let asked = Instant::now();
        let mut wait = SHORTEST_WAIT;
        // Polled rather than waited for in a thread, so that a caller who gives up leaves nobody queueing.
        loop {
            if let Some(lock) = Self::try_take(&path)? {
                return Ok(lock);
            }
            if asked.elapsed() > PATIENCE {
                return Err(WorkspaceError::Busy {
                    repository: git_folder.to_owned(),
                    lock: path,
                    seconds: PATIENCE.as_secs(),
                });
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

impl Drop for Lock {
    /// Closing would not do: a process being started at this moment may share the open file.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "a lock could not be let go before its file was closed");
        }
    }
}
