//! A git worktree and a branch for each attempt, and its diff.
//!
//! The life of a worktree: [`source`] says what a folder is, [`Worktrees::create`] gives an attempt
//! files and a branch of its own, [`Worktrees::capture`] commits what the agent left and writes the
//! diff, [`Worktrees::release`] keeps or removes it. [`Worktrees::repair`] undoes what a killed host
//! left half done, and [`Worktrees::retire`] removes what was kept when its time is over.
//!
//! What holds throughout:
//! - The user's checkout, index, branches and stashes are never written, but for entries of the stash that
//!   the agent made, which become branches. Their repository gains objects, branches below `jackfield/`, an
//!   entry for each worktree, one lock file, and, while an agent is at work or has changed the configuration, a
//!   file that says which of it is trusted.
//! - Work is never lost or unmentioned: a folder goes only when everything in it is in a commit that its
//!   branch reaches, or is kept elsewhere, or is listed with the reason why it is not
//!   ([`Captured::leftovers`]).
//! - Worktrees of one repository are made and removed one at a time, across processes.
//! - This crate knows git and files, and neither the database nor components.
//!
//! ```no_run
//! # async fn story() -> Result<(), jackfield_workspace::WorkspaceError> {
//! use jackfield_types::{AttemptId, RunId};
//! use jackfield_workspace::{Release, Worktrees, source};
//! let worktrees = Worktrees::open("/var/lib/jackfield/worktrees")?;
//! worktrees.repair().await?;
//! let repository = source("/home/ann/project".as_ref()).await?;
//! let worktree = worktrees.create(&repository, RunId::new(), AttemptId::new()).await?;
//! // … the agent works in `worktree.cwd`, with `worktree.environment()`, and ends …
//! let captured = worktrees.capture(&worktree, "/var/lib/jackfield/diffs/one.patch".as_ref()).await?;
//! println!("{} files on {}", captured.files.len(), worktree.branch);
//! worktrees.release(&worktree, Release::Remove).await?;
//! # Ok(()) }
//! ```

mod base;
mod bounds;
mod branch_files;
mod capture;
mod changed;
mod commit;
mod commits;
mod configuration;
mod copying;
mod entry;
mod error;
mod git;
mod git_environment;
mod guard;
mod guarded;
mod heads;
mod ignored;
mod index;
mod leftovers;
mod lock;
mod logins;
mod marks;
mod memory;
mod nested;
mod parts;
mod plain_file;
mod points;
mod private;
mod reach;
mod reachability;
mod recent;
mod record;
mod release;
mod removal;
mod restore;
mod retire;
mod save;
mod settings;
mod shallow;
mod source;
mod spare;
mod stack;
mod standing;
mod stash;
mod survey;
mod take_in;
mod throwaway;
mod travel;
mod trust;
mod unmarked;
mod view;
mod worktree;
mod worktrees;

pub use bounds::Bounds;
pub use branch_files::BranchFile;
pub use capture::Captured;
pub use changed::{ChangeKind, ChangedFile};
pub use commit::{Commit, InvalidCommit};
pub use error::WorkspaceError;
pub use leftovers::{KEPT_BYTES, Keeping, Leftover, LeftoverKind};
pub use parts::diff_of_file;
pub use retire::{Retired, remove_folder, room};
pub use settings::Settings;
pub use source::{Repository, Source, locate, locate_again, source};
pub use stack::{Stack, detect_language, detect_stack};
pub use throwaway::throwaway;
pub use travel::{Packed, bring_copy, copy_stands_at, pack_branch};
pub use view::{MOST_FILES, View, ViewError};
pub use worktree::{Release, Released, Repaired, Worktree, WorktreeKind};
pub use worktrees::Worktrees;
