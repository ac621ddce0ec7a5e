//! What is on disk about each worktree, so that one half made or half removed can be told from one in use.
//!
//! ```text
//! ROOT/records/ATTEMPT.json   how far it is: making → ready → removing → (gone)
//! ROOT/records/ATTEMPT.lock   held by whoever is making or removing it; the kernel lets go when they die
//! ROOT/trees/ATTEMPT/         the files
//! ROOT/private/ATTEMPT/       for a copy: the repository that gives its diff
//! ROOT/trash/                 what is being deleted
//! ```

use crate::lock::Lock;
use crate::{WorkspaceError, Worktree, removal};
use jackfield_types::AttemptId;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A git that outlived its killed host is given this long to finish what it was doing.
pub(crate) const SETTLING: Duration = Duration::from_secs(1);

/// How far a worktree is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub(crate) enum Record {
    /// It is being made. No agent has seen it.
    Making {
        /// The git folder that gains a branch and an entry, the user's or a private one.
        repository: PathBuf,
        /// The branch that it gains.
        branch: String,
    },
    /// It is there.
    Ready {
        /// It.
        worktree: Worktree,
    },
    /// All of it is committed, and it is being removed.
    Removing {
        /// It.
        worktree: Worktree,
    },
}

/// The paths of one attempt.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) attempt: AttemptId,
    pub(crate) tree: PathBuf,
    pub(crate) private: PathBuf,
    pub(crate) trash: PathBuf,
    record: PathBuf,
    lock: PathBuf,
}

/// The right to change a place. Nobody else has it while this lives.
#[derive(Debug)]
pub(crate) struct Claim {
    path: PathBuf,
    _lock: Lock,
}

impl Place {
    /// Makes the folders that all places share.
    pub(crate) fn prepare(root: &Path) -> Result<(), WorkspaceError> {
        for name in ["records", "trees", "private", "trash"] {
            let folder = root.join(name);
            fs::create_dir_all(&folder).map_err(WorkspaceError::file("make the folder", &folder))?;
        }
        Ok(())
    }

    pub(crate) fn of(root: &Path, attempt: AttemptId) -> Self {
        Self {
            attempt,
            tree: root.join("trees").join(attempt.to_string()),
            private: root.join("private").join(attempt.to_string()),
            trash: root.join("trash"),
            record: root.join("records").join(format!("{attempt}.json")),
            lock: root.join("records").join(format!("{attempt}.lock")),
        }
    }

    /// All attempts that have a record.
    pub(crate) fn all(root: &Path) -> Result<Vec<Self>, WorkspaceError> {
        let folder = root.join("records");
        let failed = WorkspaceError::file("read the folder", &folder);
        let entries =
            fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(failed)?;
        let attempt = |entry: fs::DirEntry| entry.file_name().to_str()?.strip_suffix(".json")?.parse().ok();
        Ok(entries.into_iter().filter_map(attempt).map(|attempt| Self::of(root, attempt)).collect())
    }

    /// The folder of worktrees.
    pub(crate) fn root(&self) -> &Path {
        self.trash.parent().unwrap_or(&self.trash)
    }

    /// Nothing where somebody else, in this process or another, is at it.
    pub(crate) fn claim(&self) -> Result<Option<Claim>, WorkspaceError> {
        let taken = Lock::try_take(&self.lock)?;
        Ok(taken.map(|lock| Claim { path: self.lock.clone(), _lock: lock }))
    }

    pub(crate) fn read(&self) -> Result<Option<Record>, WorkspaceError> {
        let bytes = match fs::read(&self.record) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(WorkspaceError::file("read", &self.record)(error)),
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| self.damaged(error))
    }

    /// Replaces the record in one step: a reader sees the old one or the new one.
    pub(crate) fn write(&self, _claim: &Claim, record: &Record) -> Result<(), WorkspaceError> {
        let bytes = serde_json::to_vec(record).map_err(|error| self.damaged(error))?;
        let next = self.record.with_extension("next");
        fs::write(&next, bytes)
            .and_then(|()| fs::rename(&next, &self.record))
            .map_err(WorkspaceError::file("write", &self.record))
    }

    /// Waits until a git that outlived its killed host has finished what it was at when the record was
    /// written. Only after a crash, and only when it was a moment ago.
    pub(crate) async fn settle(&self) {
        let written = self.record.metadata().and_then(|facts| facts.modified());
        let age = written.ok().and_then(|written| written.elapsed().ok()).unwrap_or_default();
        tokio::time::sleep(SETTLING.saturating_sub(age)).await;
    }

    pub(crate) fn erase(&self, _claim: &Claim) -> Result<(), WorkspaceError> {
        removal::forget(&self.record)
    }

    fn damaged(&self, error: serde_json::Error) -> WorkspaceError {
        WorkspaceError::Record { path: self.record.clone(), why: error.to_string() }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Err(error) = removal::forget(&self.path) {
            tracing::warn!(%error, "the lock file of a worktree stays behind; it does no harm");
        }
    }
}
