//! Worktrees that were kept, and letting them go for good when their time is over.
//!
//! More is asked than of an attempt that has just ended: a person may have taken the worktree over, and
//! nobody looks at the answer. So it stays where anybody works in it, where its owner locked it, and where
//! it is not proved that every commit that it knows of is in a branch.

use crate::record::{Place, Record};
use crate::trust::Trust;
use crate::{WorkspaceError, Worktree, WorktreeKind, entry, reachability, release, removal};
use jackfield_process::occupant;
use jackfield_types::AttemptId;
use serde::{Deserialize, Serialize};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What became of a worktree whose time was over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retired {
    /// It is gone.
    Gone {
        /// Something in it was not committed; now it is.
        committed: bool,
        /// Its branch, where that has a change.
        branch: Option<String>,
        /// The branch that was made for commits which were in no other.
        earlier: Option<String>,
    },
    /// It stays, and why.
    Stays(String),
}

/// See [`Worktrees::all`](crate::Worktrees::all).
#[allow(clippy::type_complexity, reason = "a pair for each record")]
pub(crate) fn all(root: &Path) -> Result<Vec<(AttemptId, Result<Worktree, WorkspaceError>)>, WorkspaceError> {
    let ready = |place: Place| match place.read() {
        Ok(Some(Record::Ready { worktree })) => Some((place.attempt, Ok(worktree))),
        Ok(_) => None,
        Err(error) => Some((place.attempt, Err(error))),
    };
    let mut all: Vec<_> = Place::all(root)?.into_iter().filter_map(ready).collect();
    all.sort_by_key(|(attempt, _)| *attempt);
    Ok(all)
}

/// See [`Worktrees::retire`](crate::Worktrees::retire).
pub(crate) async fn retire(root: &Path, attempt: AttemptId) -> Result<Retired, WorkspaceError> {
    let place = Place::of(root, attempt);
    let Some(claim) = place.claim()? else { return Ok(stays("another process is at it")) };
    let worktree = match place.read()? {
        Some(Record::Ready { worktree } | Record::Removing { worktree }) => worktree,
        Some(Record::Making { .. }) => return Ok(stays("it is being made")),
        None => return Ok(Retired::Gone { committed: false, branch: None, earlier: None }),
    };
    if let Some(why) = in_use(&worktree).await {
        return Ok(Retired::Stays(why));
    }
    let (mut committed, mut earlier) = (false, None);
    if worktree.repository.is_dir() {
        let guard = Trust(root).later_guard(&worktree).await?;
        let (saved, left) = guard.hold(release::unsaved(&worktree)).await?;
        if let Some(why) = left {
            return Ok(Retired::Stays(why));
        }
        committed = saved.committed;
        earlier = reachability::secure(&worktree).await?;
    } else if worktree.is_there() {
        return Ok(stays(&format!("its repository {} is gone", worktree.repository.display())));
    }
    place.write(&claim, &Record::Removing { worktree: worktree.clone() })?;
    let finished = release::finish(&place, &claim, &worktree, None).await?;
    removal::empty(finished.gone).await;
    Ok(Retired::Gone { committed, branch: finished.branch_kept.then_some(worktree.branch), earlier })
}

fn stays(why: &str) -> Retired {
    Retired::Stays(why.to_owned())
}

/// Why a worktree is not to be touched now, where somebody has it in hand.
async fn in_use(worktree: &Worktree) -> Option<String> {
    let lock = fs::read_to_string(worktree.admin.join("locked")).ok();
    // Our own lock is from the attempt, which is over.
    if let Some(why) = lock.filter(|why| worktree.kind == WorktreeKind::Git && !entry::is_our_lock(why)) {
        return Some(format!("it is locked: {}", why.trim()).trim_end_matches([' ', ':']).to_owned());
    }
    let tree = worktree.path.clone();
    let found = tokio::task::spawn_blocking(move || occupant(&tree)).await.ok().flatten()?;
    Some(format!("{} (process {}) is at work in it", found.program, found.pid))
}

/// The room that a folder takes on the disk, bytes; links are not followed, and what cannot be read counts
/// nothing.
pub async fn room(folder: &Path) -> u64 {
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || room_of(&folder)).await.unwrap_or(0)
}

fn room_of(path: &Path) -> u64 {
    let Ok(facts) = path.symlink_metadata() else { return 0 };
    let own = facts.blocks() * 512;
    if !facts.is_dir() {
        return own;
    }
    let inside = fs::read_dir(path).into_iter().flatten().flatten();
    own + inside.map(|entry| room_of(&entry.path())).sum::<u64>()
}

/// Deletes a folder and all that is in it, with whatever permissions an agent's tools have left there. A
/// link in its place is deleted, not followed; what is gone already is no error.
///
/// # Errors
/// Where the file system refuses.
pub async fn remove_folder(folder: &Path) -> Result<(), WorkspaceError> {
    removal::delete(folder.to_owned()).await
}
