//! The folder of worktrees: making them, finding them, and undoing what was interrupted.
//!
//! Only registering a worktree holds the repository's lock (some milliseconds); filling it with files,
//! which takes as long as the disk does, happens beside others.

use crate::capture::Captured;
use crate::copying::{self, CopyLimits};
use crate::git::{self, Git};
use crate::guard::Guard;
use crate::leftovers::Keeping;
use crate::lock::Lock;
use crate::recent::Recent;
use crate::record::{Claim, Place, Record};
use crate::retire::Retired;
use crate::settings::{Commands, Settings};
use crate::spare::Spares;
use crate::trust::Trust;
use crate::{
    Commit, Repaired, Repository, Source, WorkspaceError, Worktree, WorktreeKind, configuration, entry,
    guarded, heads, private, release, removal, source, trust,
};
use crate::{Release, Released, capture, restore, retire};
use jackfield_types::{AttemptId, RunId};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder in which attempts get their worktrees. Any number of processes may use one at a time.
#[derive(Debug, Clone)]
pub struct Worktrees {
    pub(crate) root: PathBuf,
    recent: Recent,
    spares: Spares,
}

impl Worktrees {
    /// Uses `root` for worktrees, and makes it where it does not exist.
    ///
    /// # Errors
    /// Where it cannot be made, or its path is not text.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, WorkspaceError> {
        let root: PathBuf = root.into();
        Place::prepare(&root)?;
        let root = root.canonicalize().map_err(WorkspaceError::file("read", &root))?;
        if root.to_str().is_none() {
            return Err(WorkspaceError::NotText(root));
        }
        Ok(Self { spares: Spares::of(&root), root, recent: Recent::default() })
    }

    /// Gives an attempt a fresh worktree on a branch of its own, from what the source has checked out now.
    ///
    /// What the user has not committed is not in it: [`Worktree::dirty`] says so. If this was interrupted
    /// for the same attempt before, what it left is undone first. A caller who stops waiting leaves
    /// something for [`repair`](Self::repair).
    ///
    /// # Errors
    /// Where the attempt has a worktree; where git or the file system refuses; where a plain folder is
    /// too large to copy.
    pub async fn create(
        &self,
        source: &Source,
        run: RunId,
        attempt: AttemptId,
    ) -> Result<Worktree, WorkspaceError> {
        self.create_from(source, None, run, attempt).await
    }

    /// The same from the tip of a branch of the repository, or a commit of it, by its whole id.
    ///
    /// # Errors
    /// As [`create`](Self::create); where the base does not exist, or the source is a plain folder.
    pub async fn create_from(
        &self,
        source: &Source,
        base: Option<&str>,
        run: RunId,
        attempt: AttemptId,
    ) -> Result<Worktree, WorkspaceError> {
        let place = Place::of(&self.root, attempt);
        let claim = place.claim()?.ok_or(WorkspaceError::AttemptTaken(attempt))?;
        match place.read()? {
            None => {}
            Some(Record::Making { repository, branch }) => {
                place.settle().await;
                undo(&place, &claim, &repository, &branch).await?;
            }
            Some(_) => return Err(WorkspaceError::AttemptTaken(attempt)),
        }
        let branch = format!("jackfield/{run}/{attempt}");
        let repository = match source {
            Source::Git(repository) => repository.common.clone(),
            Source::Folder { .. } => place.private.clone(),
        };
        place.write(&claim, &Record::Making { repository: repository.clone(), branch: branch.clone() })?;
        match self.make(&place, source, base, run, branch.clone()).await {
            Ok(worktree) => {
                place.write(&claim, &Record::Ready { worktree: worktree.clone() })?;
                Ok(worktree)
            }
            Err(error) => {
                if let Err(also) = undo(&place, &claim, &repository, &branch).await {
                    tracing::warn!(%attempt, error = %also, "a worktree that could not be made was not undone either");
                }
                Err(error)
            }
        }
    }

    /// Makes it without running any command that git's configuration gained while an agent was at work.
    async fn make(
        &self,
        place: &Place,
        source: &Source,
        base: Option<&str>,
        run: RunId,
        branch: String,
    ) -> Result<Worktree, WorkspaceError> {
        let (now, common) = match source {
            Source::Git(source) => {
                let now = configuration::of_checkout(&source.top, &source.common).await?;
                (now, Some(source.common.as_path()))
            }
            Source::Folder { .. } => {
                let all = git::settings(&self.root, None).await?;
                (Settings { repository: Commands::new(), ..all }, None)
            }
        };
        let trusted = Trust(&self.root).begin(common, now.clone(), place.attempt).await?;
        let guard = Guard::new(&now, trusted.clone());
        let made = guard.hold(async {
            match source {
                Source::Git(source) => worktree_of(place, &self.spares, source, base, run, branch).await,
                Source::Folder { path } => match base {
                    None => self.copy_of(place, path, run, branch).await,
                    Some(base) => {
                        Err(WorkspaceError::NoBase { repository: path.clone(), base: base.to_owned() })
                    }
                },
            }
        });
        Ok(Worktree { settings: Some(trusted), ..made.await? })
    }

    /// The worktree of an attempt, as it was made, for a host that has restarted.
    ///
    /// # Errors
    /// Where its record cannot be read.
    pub async fn find(&self, attempt: AttemptId) -> Result<Option<Worktree>, WorkspaceError> {
        Ok(match Place::of(&self.root, attempt).read()? {
            Some(Record::Ready { worktree }) => Some(worktree),
            _ => None,
        })
    }

    /// Undoes worktrees that were being made, and finishes removing those that were being removed, when
    /// their process died. Others, and those that another process is at, are left alone. To be called
    /// when a host starts.
    ///
    /// # Errors
    /// Where the folder cannot be read; what goes wrong with one worktree is told in the answer.
    pub async fn repair(&self) -> Result<Repaired, WorkspaceError> {
        let mut repaired = Repaired::default();
        for place in Place::all(&self.root)? {
            if let Err(error) = repair_one(&place, &mut repaired).await {
                repaired.failed.push(format!("attempt {}: {error}", place.attempt));
            }
        }
        self.spares.repair().await;
        let trash = self.root.join("trash");
        for left in fs::read_dir(&trash).into_iter().flatten().flatten() {
            if let Err(error) = removal::delete(left.path()).await {
                repaired.failed.push(error.to_string());
            }
        }
        Ok(repaired)
    }

    async fn copy_of(
        &self,
        place: &Place,
        folder: &Path,
        run: RunId,
        branch: String,
    ) -> Result<Worktree, WorkspaceError> {
        copying::copy(folder, &place.tree, &self.root, CopyLimits::default()).await?;
        let base = private::begin(&place.private, &place.tree, &branch).await?;
        Ok(Worktree {
            attempt: place.attempt,
            run,
            path: place.tree.clone(),
            cwd: place.tree.clone(),
            branch,
            base,
            kind: WorktreeKind::Copy,
            dirty: false,
            source: folder.to_owned(),
            repository: place.private.clone(),
            admin: place.private.clone(),
            settings: None,
        })
    }

    /// Commits what the agent left to the attempt's branch, and writes the patch against its base to the
    /// file `diff`. What cannot be on the branch is kept in the folder of worktrees, as far as
    /// [`KEPT_BYTES`](crate::KEPT_BYTES) allow; see [`capture_keeping`](Self::capture_keeping).
    ///
    /// # Errors
    /// As there.
    pub async fn capture(&self, worktree: &Worktree, diff: &Path) -> Result<Captured, WorkspaceError> {
        capture::capture((&self.root, &self.recent), worktree, diff).await
    }

    /// Commits what the agent left to the attempt's branch, writes the patch against its base to the file
    /// `diff`, and keeps what cannot be on the branch: files that git ignores, git folders of repositories
    /// inside the worktree, entries of the stash, commits that the agent went back on. All of it is listed in
    /// [`Captured::leftovers`].
    ///
    /// To be called when the agent has ended: locks that it left are removed, and a merge or rebase
    /// that it did not finish ends. It may be called again.
    ///
    /// # Errors
    /// Where git or the file system refuses; what was there before is there still then.
    pub async fn capture_keeping(
        &self,
        worktree: &Worktree,
        diff: &Path,
        keeping: &Keeping,
    ) -> Result<Captured, WorkspaceError> {
        capture::capture_keeping((&self.root, &self.recent), worktree, diff, keeping).await
    }

    /// Undoes whatever was done in a worktree since `head` was captured. What git ignores stays, and so do
    /// repositories within it.
    ///
    /// Only to be called where everything that was to be kept is in `head`.
    ///
    /// # Errors
    /// Where git refuses; then the worktree is as it was, and its release commits what is in it.
    pub async fn restore(&self, worktree: &Worktree, head: &Commit) -> Result<(), WorkspaceError> {
        restore::restore(&self.root, worktree, head).await
    }

    /// Lets go of a worktree whose agent has ended.
    ///
    /// Kept, it becomes an ordinary worktree of the user's repository, which `git worktree remove` removes,
    /// or this does when called again. Removed, what is in it is committed first; the branch stays if it
    /// has a change, and goes with the folder if not. A folder that holds what cannot be committed is kept,
    /// and the answer says why. Of a copy, the private repository stays where it has a change.
    ///
    /// # Errors
    /// Where git or the file system refuses, or another process is at it. Calling it again is safe.
    pub async fn release(&self, worktree: &Worktree, release: Release) -> Result<Released, WorkspaceError> {
        let released = release::release(&self.root, &self.recent, worktree, release).await;
        if let Ok(Released { removed: true, .. }) = released
            && worktree.kind == WorktreeKind::Git
        {
            self.spares.prepare_in_background(&worktree.repository);
        }
        released
    }

    /// Every worktree that is there and was neither being made nor being removed, oldest attempt first;
    /// an error where its record cannot be read.
    ///
    /// # Errors
    /// Where the folder of records cannot be read.
    #[allow(clippy::type_complexity, reason = "a pair for each record")]
    pub fn all(&self) -> Result<Vec<(AttemptId, Result<Worktree, WorkspaceError>)>, WorkspaceError> {
        retire::all(&self.root)
    }

    /// Removes a worktree whose attempt is settled. What is not committed is committed to its branch first,
    /// and commits that are in no branch are given one; where anything cannot be saved, or not be proved to
    /// be, it stays and the answer says why.
    ///
    /// # Errors
    /// Where git or the file system refuses; the worktree is there still then. Calling it again is safe.
    pub async fn retire(&self, attempt: AttemptId) -> Result<Retired, WorkspaceError> {
        retire::retire(&self.root, attempt).await
    }
}

/// What the user has not committed is looked for while the files are written: nothing but a warning hangs on it.
async fn worktree_of(
    place: &Place,
    spares: &Spares,
    repository: &Repository,
    base: Option<&str>,
    run: RunId,
    branch: String,
) -> Result<Worktree, WorkspaceError> {
    let in_place = configuration::is_in(&repository.top, &repository.common);
    let head = match base {
        Some(base) => Some(repository.commit_of(base).await?),
        None => in_place.then(|| heads::commit(&repository.common)).flatten(),
    };
    let checkout = source::checkout(&repository.top, &repository.common);
    let (admin, base, dirty) = if let Some(base) = head {
        let (admin, checkout) =
            tokio::join!(register_and_fill(place, spares, repository, &branch, &base), checkout);
        (admin?, base, checkout?.dirty)
    } else {
        let source::Checkout { head, dirty, .. } = checkout.await?;
        let base = match head {
            Some(head) => head,
            None => entry::empty_commit(&repository.common).await?,
        };
        (register_and_fill(place, spares, repository, &branch, &base).await?, base, dirty)
    };
    let cwd = place.tree.join(&repository.subpath);
    // A folder that holds nothing committed is not in the commit, and an agent must start somewhere.
    fs::create_dir_all(&cwd).map_err(WorkspaceError::file("make the folder", &cwd))?;
    Ok(Worktree {
        attempt: place.attempt,
        run,
        path: place.tree.clone(),
        cwd,
        branch,
        base,
        kind: WorktreeKind::Git,
        dirty,
        source: repository.top.join(&repository.subpath),
        repository: repository.common.clone(),
        admin,
        settings: None,
    })
}

/// Registers a worktree and writes its files. Gives its own git folder.
async fn register_and_fill(
    place: &Place,
    spares: &Spares,
    repository: &Repository,
    branch: &str,
    base: &Commit,
) -> Result<PathBuf, WorkspaceError> {
    let registered = async {
        let lock = Lock::repository(&repository.common).await?;
        entry::add(&lock, repository, place.attempt, &place.tree, branch, base).await
    };
    let (admin, spare) = tokio::join!(registered, spares.take(&repository.common, base));
    let admin = admin?;
    // Git follows paths: another repository may have been put in the way meanwhile.
    let real = admin.canonicalize().map_err(WorkspaceError::file("read", &admin))?;
    if !real.starts_with(&repository.common) {
        return Err(WorkspaceError::NotFound(repository.common.clone()));
    }
    if let Some(spare) = spare
        && spare.put_into(&place.tree, &admin, base)?
    {
        return Ok(admin);
    }
    // What is there already is not written again.
    guarded::again(&place.tree, &admin, fill(&place.tree, &admin, base)).await?;
    Ok(admin)
}

/// Writes the files of a worktree that has none. Several writers, because small files wait for the disk.
async fn fill(tree: &Path, admin: &Path, base: &Commit) -> Result<(), WorkspaceError> {
    let writers = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8));
    Git::to("check out the files", tree)
        .filtered()
        .with("GIT_DIR", admin)
        .with("GIT_WORK_TREE", tree)
        .set(&format!("checkout.workers={writers}"))
        .arguments(["read-tree", "-m", "-u", base.as_str()])
        .run()
        .await
        .map(drop)
}

async fn repair_one(place: &Place, repaired: &mut Repaired) -> Result<(), WorkspaceError> {
    let Some(claim) = place.claim()? else { return Ok(()) };
    match place.read()? {
        Some(Record::Making { repository, branch }) => {
            place.settle().await;
            undo(place, &claim, &repository, &branch).await?;
            repaired.undone.push(place.attempt);
        }
        Some(Record::Removing { worktree }) => {
            removal::empty(release::finish(place, &claim, &worktree, None).await?.gone).await;
            repaired.removed.push(place.attempt);
        }
        Some(Record::Ready { .. }) | None => {}
    }
    Ok(())
}

/// Takes back a worktree that no agent has seen, however far it got.
async fn undo(place: &Place, claim: &Claim, repository: &Path, branch: &str) -> Result<(), WorkspaceError> {
    let gone = removal::move_to(&place.trash, &place.tree)?;
    if repository == place.private {
        removal::delete(place.private.clone()).await?;
    } else if repository.is_dir() {
        let lock = Lock::repository(repository).await?;
        let admin = repository.join("worktrees").join(place.attempt.to_string());
        entry::remove(&lock, repository, &admin).await?;
        if let Some(tip) = entry::tip(repository, branch).await? {
            entry::delete_branch(&lock, repository, branch, &tip).await?;
        }
    }
    let common = Some(repository).filter(|repository| *repository != place.private && repository.is_dir());
    trust::leave(place.root(), common, place.attempt).await?;
    removal::empty(gone).await;
    place.erase(claim)
}
