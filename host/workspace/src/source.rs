//! What a workspace is: a git repository, a folder inside one, or a plain folder.

use crate::Commit;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What attempts are given worktrees of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A git repository, or a folder inside one.
    Git(Repository),
    /// A folder that no repository knows: it is copied for each attempt.
    Folder {
        /// Absolute, without symlinks.
        path: PathBuf,
    },
}

/// A git repository with files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// The top of its files.
    pub top: PathBuf,
    /// The folder that was asked for, relative to `top`; empty where it is `top` itself.
    pub subpath: PathBuf,
    /// Its git folder, which all its worktrees share.
    pub common: PathBuf,
    /// What is checked out; nothing where there is no commit yet (attempts start empty then).
    pub head: Option<Commit>,
    /// The branch that is checked out, without `refs/heads/`; nothing where HEAD is detached.
    pub branch: Option<String>,
    /// There are changes that are not committed, untracked files included.
    pub dirty: bool,
}

impl Source {
    /// The folder that was asked for.
    pub fn path(&self) -> PathBuf {
        match self {
            Self::Git(repository) => repository.top.join(&repository.subpath),
            Self::Folder { path } => path.clone(),
        }
    }
}
