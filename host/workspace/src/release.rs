//! Letting go of a worktree, without losing what is in it.

use crate::git::Git;
use crate::lock::Lock;
use crate::recent::{Recent, Seen};
use crate::record::{Claim, Place, Record};
use crate::save::Saved;
use crate::trust::Trust;
use crate::{
    Commit, Release, Released, WorkspaceError, Worktree, WorktreeKind, capture, changed, entry, removal,
    save, trust,
};
use std::path::{Path, PathBuf};

/// See [`Worktrees::release`](crate::Worktrees::release).
pub(crate) async fn release(
    root: &Path,
    recent: &Recent,
    worktree: &Worktree,
    release: Release,
) -> Result<Released, WorkspaceError> {
    let seen = recent.take(worktree.attempt);
    let place = Place::of(root, worktree.attempt);
    let claim = place.claim()?.ok_or(WorkspaceError::AttemptTaken(worktree.attempt))?;
    match (place.read()?, release) {
        (None, _) => {
            let branch_kept =
                entry::tip(&worktree.repository, &worktree.branch).await.is_ok_and(|tip| tip.is_some());
            Ok(Released { removed: true, branch_kept, kept_because: None })
        }
        (_, Release::Keep) => {
            if worktree.repository.is_dir() {
                Trust(root).guard(worktree).await?;
            }
            let_go(&place, worktree).await?;
            Ok(Released { removed: false, branch_kept: true, kept_because: None })
        }
        (_, Release::Remove) if worktree.repository.is_dir() => {
            let (guard, warnings) = Trust(root).guard(worktree).await?;
            let released = guard.hold(remove(&place, &claim, worktree, seen)).await;
            // The attempt is told of already, but what its checks did is not.
            for warning in warnings.into_iter().chain(guard.take_notes()) {
                tracing::warn!(attempt = %worktree.attempt, "{warning}");
            }
            released
        }
        (_, Release::Remove) => remove(&place, &claim, worktree, None).await,
    }
}

/// The worktree stays, and belongs to the user from here on.
async fn let_go(place: &Place, worktree: &Worktree) -> Result<(), WorkspaceError> {
    if worktree.kind == WorktreeKind::Git {
        entry::unlock(worktree).await?;
    }
    let common = (worktree.kind == WorktreeKind::Git).then_some(worktree.repository.as_path());
    trust::leave(place.root(), common, worktree.attempt).await
}

async fn remove(
    place: &Place,
    claim: &Claim,
    worktree: &Worktree,
    seen: Option<Seen>,
) -> Result<Released, WorkspaceError> {
    let mut tip = None;
    if worktree.repository.is_dir() {
        let (head, why) = match seen {
            Some(seen) if seen.holds(worktree).await? => (seen.head, None),
            _ => unsaved(worktree).await.map(|(saved, why)| (saved.head, why))?,
        };
        if let Some(why) = why {
            let_go(place, worktree).await?;
            return Ok(Released { removed: false, branch_kept: true, kept_because: Some(why) });
        }
        tip = Some(head);
    } else if worktree.is_there() {
        let why = format!("its repository {} is gone", worktree.repository.display());
        return Ok(Released { removed: false, branch_kept: false, kept_because: Some(why) });
    }
    place.write(claim, &Record::Removing { worktree: worktree.clone() })?;
    let Finished { branch_kept, gone } = finish(place, claim, worktree, tip).await?;
    removal::empty_in_background(gone).await;
    Ok(Released { removed: true, branch_kept, kept_because: None })
}

/// Saves what is in the worktree, and says what cannot be saved.
pub(crate) async fn unsaved(worktree: &Worktree) -> Result<(Saved, Option<String>), WorkspaceError> {
    let mut saved = save::save(worktree).await?;
    if !worktree.is_there() {
        return Ok((saved, None));
    }
    if let Some(why) = saved.left_out.take() {
        return Ok((saved, Some(why)));
    }
    let listing = changed::list(&worktree.repository, &worktree.base, &saved.head).await?;
    if let Some(why) = capture::nested(&listing.nested) {
        return Ok((saved, Some(why)));
    }
    let submodules = worktree.path.join(".gitmodules").is_file();
    let why = if submodules { changed_submodules(worktree).await? } else { None };
    Ok((saved, why))
}

/// Submodules in which something is not committed, or committed and nowhere else.
async fn changed_submodules(worktree: &Worktree) -> Result<Option<String>, WorkspaceError> {
    let listing = Git::to("look for changed submodules", &worktree.path)
        .filtered_if_possible()
        .with("GIT_DIR", worktree.git_folder())
        .with("GIT_WORK_TREE", &worktree.path)
        .arguments(["status", "--porcelain=v2", "-z", "--untracked-files=normal", "--ignore-submodules=none"])
        .run()
        .await?;
    let changed = listing.split(|byte| *byte == 0).any(|line| line.get(5) == Some(&b'S'));
    Ok(changed.then(|| "a submodule has changes that are not in the repository it came from".to_owned()))
}

/// What became of a worktree that is removed.
pub(crate) struct Finished {
    /// The branch stays.
    pub(crate) branch_kept: bool,
    /// Its folder in the trash, which is to be deleted.
    pub(crate) gone: Option<PathBuf>,
}

/// Removes what is saved, however far an earlier removal got, and moves its folder into the trash. `tip` is the end of
/// its branch, where that is known.
pub(crate) async fn finish(
    place: &Place,
    claim: &Claim,
    worktree: &Worktree,
    tip: Option<Commit>,
) -> Result<Finished, WorkspaceError> {
    let gone = removal::move_to(&place.trash, &worktree.path)?;
    let mut branch_kept = false;
    if worktree.repository.is_dir() {
        let lock = Lock::repository(&worktree.repository).await?;
        if worktree.kind == WorktreeKind::Git {
            entry::remove(&lock, &worktree.repository, &worktree.admin).await?;
        }
        // A branch with a change is not looked at again: nothing is done to it.
        let tip = match tip.filter(|tip| *tip != worktree.base) {
            Some(tip) => Some(tip),
            None => entry::tip(&worktree.repository, &worktree.branch).await?,
        };
        branch_kept = tip.as_ref().is_some_and(|tip| tip != &worktree.base);
        match tip {
            _ if branch_kept => {}
            _ if worktree.kind == WorktreeKind::Copy => removal::delete(worktree.repository.clone()).await?,
            Some(tip) => entry::delete_branch(&lock, &worktree.repository, &worktree.branch, &tip).await?,
            None => {}
        }
    }
    let common = (worktree.kind == WorktreeKind::Git).then_some(worktree.repository.as_path());
    trust::leave(place.root(), common, worktree.attempt).await?;
    place.erase(claim)?;
    Ok(Finished { branch_kept, gone })
}
