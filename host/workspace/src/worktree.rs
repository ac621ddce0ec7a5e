//! What an attempt works in, as plain data that can be stored and read back after a restart.

use crate::{Commit, Settings};
use jackfield_types::{AttemptId, RunId};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folder and the branch of one attempt. No other attempt shares either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worktree {
    /// Whose it is.
    pub attempt: AttemptId,
    /// The run that the attempt belongs to.
    pub run: RunId,
    /// The top of the files.
    pub path: PathBuf,
    /// Where the agent starts: as deep in `path` as the source was in its repository.
    pub cwd: PathBuf,
    /// `jackfield/<run>/<attempt>`, without `refs/heads/`.
    pub branch: String,
    /// What the work started from, and what its diff is against.
    pub base: Commit,
    /// Where the files came from.
    pub kind: WorktreeKind,
    /// The source has changes that are not committed, and they are *not* in the worktree: tell
    /// the caller. Never true for a copy.
    pub dirty: bool,
    /// The folder that it was made for, as the caller named it.
    pub source: PathBuf,
    /// The git folder that keeps its commits: the user's, or a private one for a copy.
    pub repository: PathBuf,
    /// The git folder of the worktree alone (its HEAD and index). The same as `repository` for a copy.
    pub admin: PathBuf,
    /// The commands that git's configuration named when it was made: no others are run for it. None: they were
    /// not noted.
    #[serde(default)]
    pub settings: Option<Settings>,
}

/// Where the files of a worktree came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorktreeKind {
    /// A git worktree of the user's repository; its branch is in that repository.
    Git,
    /// A copy of a plain folder; its branch is in a private repository that the agent does not see.
    Copy,
}

impl Worktree {
    /// What the agent's environment needs, so that its own git never takes a repository *around*
    /// the worktrees folder for the one that it works in.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let around = self.path.parent().unwrap_or(&self.path);
        vec![("GIT_CEILING_DIRECTORIES".into(), around.into())]
    }

    /// Its folder is there. A link in its place leads to files that are none of ours, and is not it.
    pub(crate) fn is_there(&self) -> bool {
        self.path.symlink_metadata().is_ok_and(|facts| facts.is_dir())
    }

    /// Its own git folder, or the repository's where an agent or a person took it away.
    pub(crate) fn git_folder(&self) -> &Path {
        if self.has_own_git_folder() { &self.admin } else { &self.repository }
    }

    /// Its own git folder is there.
    pub(crate) fn has_own_git_folder(&self) -> bool {
        self.admin.join("HEAD").is_file()
    }

    pub(crate) fn reference(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }
}

/// What to do with a worktree that is no longer worked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// Leave it where it is.
    Keep,
    /// Commit what is left in it, then remove the folder. The branch stays if it has a change.
    Remove,
}

/// What became of a released worktree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// The folder is gone.
    pub removed: bool,
    /// Its branch is still there, because it has a change.
    pub branch_kept: bool,
    /// Why the folder was kept although it was to be removed: something in it could not be committed.
    pub kept_because: Option<String>,
}

/// What [`Worktrees::repair`](crate::Worktrees::repair) did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repaired {
    /// Worktrees that were being made when their maker died: undone.
    pub undone: Vec<AttemptId>,
    /// Worktrees that were being removed: removed.
    pub removed: Vec<AttemptId>,
    /// What could not be repaired, and why.
    pub failed: Vec<String>,
}
