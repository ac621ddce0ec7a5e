//! What can go wrong with workspaces and worktrees, and what to do about each.
//!
//! The codes are stable. A git message is passed on as git wrote it, because whoever mends the
//! repository will search for those words.

use jackfield_types::{AttemptId, ErrorCode, Problem};
use std::io;
use std::path::{Path, PathBuf};

/// Why a workspace or a worktree could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkspaceError {
    /// There is nothing at the path.
    #[error("there is no folder {}", .0.display())]
    NotFound(PathBuf),
    /// The path is a file.
    #[error("{} is a file, and a workspace is a folder", .0.display())]
    NotAFolder(PathBuf),
    /// The operating system does not let us in.
    #[error("no permission to read {}", .0.display())]
    NoPermission(PathBuf),
    /// The path cannot be written down as text.
    #[error("the path {} is not valid UTF-8, so it cannot be recorded", .0.display())]
    NotText(PathBuf),
    /// A repository without files of its own.
    #[error("{} is a bare repository: it has no files to work on", .0.display())]
    Bare(PathBuf),
    /// A folder inside `.git`.
    #[error("{} is git's own folder, not the files that it keeps", .0.display())]
    InsideGit(PathBuf),
    /// Git does not trust a repository that belongs to somebody else.
    #[error("git does not trust the repository at {}: another user owns it", .0.display())]
    NotTrusted(PathBuf),
    /// The git program is not installed, or not on the path.
    #[error("the program `git` was not found")]
    GitMissing,
    /// Git said no.
    #[error("git could not {what}: {said}")]
    Git {
        /// What was wanted, as in "git could not …".
        what: String,
        /// What it wrote to standard error.
        said: String,
    },
    /// Git did not come back.
    #[error("git did not finish to {what} in {seconds} s")]
    GitTooSlow {
        /// What was wanted.
        what: String,
        /// How long it was given.
        seconds: u64,
    },
    /// Somebody else holds the lock on the repository.
    #[error("the repository at {} was locked by another process for {seconds} s", repository.display())]
    Busy {
        /// Its git folder.
        repository: PathBuf,
        /// The file that is locked.
        lock: PathBuf,
        /// How long we waited.
        seconds: u64,
    },
    /// A branch of the user stands where ours would go.
    #[error("the branch `jackfield` in {} is in the way of branches named `jackfield/…`", .0.display())]
    BranchInTheWay(PathBuf),
    /// What a worktree should start from does not exist.
    #[error("'{base}' is neither a branch nor a commit of {}", repository.display())]
    NoBase {
        /// The git folder, or the plain folder.
        repository: PathBuf,
        /// As it was given.
        base: String,
    },
    /// The attempt has its worktree already.
    #[error("attempt {0} has its worktree already, or is being given one")]
    AttemptTaken(AttemptId),
    /// A plain folder is larger than what may be copied.
    #[error("{} is too large to copy for each attempt: {found}, and at most {allowed} may be copied", folder.display())]
    FolderTooLarge {
        /// The folder.
        folder: PathBuf,
        /// How much it is, at least.
        found: String,
        /// How much it may be.
        allowed: String,
    },
    /// A folder that was to be made has something in it.
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// A record of ours does not read.
    #[error("the record {} is damaged: {why}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The file system said no.
    #[error("could not {what} {}: {source}", path.display())]
    File {
        /// What was wanted, as in "could not …".
        what: &'static str,
        /// Of which file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl WorkspaceError {
    /// The same as every door shows it.
    pub fn problem(&self) -> Problem {
        let said = self.to_string();
        match self {
            Self::NotFound(_) => Problem::caller(
                ErrorCode::WorkspaceNotFound,
                said,
                "check the path; it must exist on the machine that the host runs on",
            ),
            Self::NotAFolder(_) => {
                Problem::caller(ErrorCode::WorkspaceNotAFolder, said, "name the folder that the file is in")
            }
            Self::NoPermission(_) => Problem::operator(
                ErrorCode::WorkspaceNoPermission,
                said,
                "let the user that runs the host read and write the folder",
            ),
            Self::NotText(_) => Problem::caller(ErrorCode::WorkspacePathNotText, said, "rename the folder"),
            Self::Bare(_) => {
                Problem::caller(ErrorCode::RepositoryBare, said, "clone it somewhere and name the clone")
            }
            Self::InsideGit(_) => Problem::caller(
                ErrorCode::RepositoryInternalFolder,
                said,
                "name the folder that `.git` is in",
            ),
            Self::NotTrusted(path) => Problem::operator(
                ErrorCode::RepositoryNotTrusted,
                said,
                format!("if you trust it: git config --global --add safe.directory '{}'", path.display()),
            ),
            Self::NoBase { .. } => Problem::caller(
                ErrorCode::BaseNotFound,
                said,
                "give the name of a branch of the workspace's repository, or the whole id of a commit",
            ),
            Self::GitMissing => Problem::operator(
                ErrorCode::GitMissing,
                said,
                "install git 2.31 or later and put it on the PATH of the host",
            ),
            Self::Git { .. } => Problem::operator(
                ErrorCode::GitFailed,
                said,
                "fix the problem that git names in the repository, then try again",
            ),
            Self::GitTooSlow { .. } => Problem::operator(
                ErrorCode::GitTooSlow,
                said,
                "look whether the disk is full or slow, or a git filter hangs, then try again",
            ),
            Self::Busy { lock, .. } => Problem::operator(
                ErrorCode::RepositoryBusy,
                said,
                format!("find who holds it: fuser '{}'", lock.display()),
            ),
            Self::BranchInTheWay(_) => Problem::caller(
                ErrorCode::BranchInTheWay,
                said,
                "rename that branch: git branch -m jackfield another-name",
            ),
            Self::AttemptTaken(_) => Problem::caller(
                ErrorCode::AttemptHasWorktree,
                said,
                "make a new attempt; two attempts never share a worktree",
            ),
            Self::FolderTooLarge { .. } => Problem::caller(
                ErrorCode::FolderTooLarge,
                said,
                "make it a git repository (git init, a .gitignore, a commit): worktrees share what they have in common; or raise the limit",
            ),
            Self::NotEmpty(_) => {
                Problem::caller(ErrorCode::FolderNotEmpty, said, "name a folder that does not exist yet")
            }
            Self::Record { path, .. } => Problem::operator(
                ErrorCode::WorktreeRecordDamaged,
                said,
                format!(
                    "look at the worktree of that name, keep what you need, then delete {}",
                    path.display()
                ),
            ),
            Self::File { source, .. } if source.kind() == io::ErrorKind::StorageFull => Problem::operator(
                ErrorCode::DiskFull,
                said,
                "free some space: remove worktrees that were kept, or move the worktrees folder",
            ),
            Self::File { .. } => Problem::operator(
                ErrorCode::WorkspaceFile,
                said,
                "correct the permissions of that path, then try again",
            ),
        }
    }

    /// For `map_err`: what was wanted, of which path.
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { what, path, source }
    }
}

impl From<WorkspaceError> for Problem {
    fn from(error: WorkspaceError) -> Self {
        error.problem()
    }
}
