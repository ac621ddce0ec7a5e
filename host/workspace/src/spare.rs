//! Worktrees that are made ahead: the files of a repository's last commit, written in the background after an attempt,
//! so that the next one need not wait for the disk.
//!
//! ```text
//! ROOT/spare/making-ID/  one that is being made
//! ROOT/spare/ID/tree/    the files, without `.git`
//! ROOT/spare/ID/index    what git wrote
//! ROOT/spare/ID/lock     held by the process that made it; the kernel lets go when it dies
//! ```
//!
//! One is used only where git would write the same files now: the configuration and the attributes outside of the
//! tree are those that it was made with, and no filter is set. Agents can reach the folder, so before it is used every
//! file must be as git left it (see `check.rs`). It is kept in memory which there are; what another process has left
//! is deleted by [`Worktrees::repair`](crate::Worktrees::repair).

mod check;
mod folder;
mod made_with;

use crate::git::Git;
use crate::guard::Guard;
use crate::lock::Lock;
use crate::{Commit, WorkspaceError, configuration, heads, removal};
use check::Check;
use folder::git;
use jackfield_types::AttemptId;
use made_with::MadeWith;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Fewer files are written as fast as a worktree that was made ahead is checked.
const FEWEST_FILES: usize = 500;
/// Most of them in a folder of worktrees.
const MOST: usize = 4;
/// How long one is kept that nobody uses.
const KEPT: Duration = Duration::from_secs(30 * 60);
/// So long after an attempt they are made: the caller is answered by then.
const DELAY: Duration = Duration::from_millis(300);
/// None is made where less of the disk is free, bytes.
const LEAST_FREE: u64 = 4 << 30;

/// Those of one folder of worktrees.
#[derive(Debug, Clone)]
pub(crate) struct Spares {
    root: PathBuf,
    all: Arc<Mutex<All>>,
}

#[derive(Debug, Default)]
struct All {
    ready: Vec<Spare>,
    /// Repositories for which one is being made.
    making: HashSet<PathBuf>,
}

/// A worktree that was made ahead.
#[derive(Debug)]
pub(crate) struct Spare {
    folder: PathBuf,
    common: PathBuf,
    base: Commit,
    made_with: MadeWith,
    check: Check,
    _lock: Lock,
}

impl Spares {
    pub(crate) fn of(root: &Path) -> Self {
        Self { root: root.to_owned(), all: Arc::default() }
    }

    fn folder(&self) -> PathBuf {
        self.root.join("spare")
    }

    /// Takes the one of a repository whose files are those that git would write for the commit now; it is checked
    /// already. Any other is deleted in the background.
    pub(crate) async fn take(&self, common: &Path, base: &Commit) -> Option<Spare> {
        let spare = {
            let mut all = self.all.lock();
            let at = all.ready.iter().position(|spare| spare.common == common)?;
            all.ready.remove(at)
        };
        match spare.is_usable(base).await {
            Ok(true) => return Some(spare),
            Ok(false) => {
                tracing::debug!(folder = %spare.folder.display(), "a spare worktree does not fit any more")
            }
            Err(error) => tracing::info!(%error, "failed to check a spare worktree"),
        }
        self.discard(spare).await;
        None
    }

    /// Deletes one in the background.
    pub(crate) async fn discard(&self, spare: Spare) {
        match removal::move_to(&self.root.join("trash"), &spare.folder) {
            Ok(gone) => removal::empty_in_background(gone).await,
            Err(error) => tracing::info!(%error, "a spare worktree stays until the next repair"),
        }
    }

    /// Makes one in the background for the repository with this git folder, where that is worth it and none is there.
    pub(crate) fn prepare_in_background(&self, common: &Path) {
        // The user's own index tells how many files there are.
        let files = check::named(&common.join("index")).unwrap_or_default();
        if files < FEWEST_FILES || !self.all.lock().wants(common) {
            return;
        }
        let (spares, common) = (self.clone(), common.to_owned());
        let unfinished = Unfinished::begin(&self.root);
        tokio::spawn(async move {
            tokio::time::sleep(DELAY).await;
            let made = match unfinished {
                Ok(unfinished) => spares.prepare(&common, unfinished).await,
                Err(error) => Err(error),
            };
            spares.all.lock().making.remove(&common);
            match made {
                Ok(Some(folder)) => spares.keep_for_a_while(&folder).await,
                Ok(None) => {}
                Err(error) => tracing::info!(%error, "no spare worktree was made"),
            }
        });
    }

    /// Gives the folder of the one that was made.
    async fn prepare(
        &self,
        common: &Path,
        mut unfinished: Unfinished,
    ) -> Result<Option<PathBuf>, WorkspaceError> {
        let made = make(&self.root, common, &unfinished.folder).await;
        if let Ok(Some(mut spare)) = made {
            let folder = unfinished.finish()?;
            spare.folder.clone_from(&folder);
            let over = self.all.lock().add(spare);
            if let Some(over) = over {
                self.discard(over).await;
            }
            return Ok(Some(folder));
        }
        removal::empty(unfinished.throw_away()).await;
        made.map(|_| None)
    }

    async fn keep_for_a_while(&self, folder: &Path) {
        tokio::time::sleep(KEPT).await;
        let unused = {
            let mut all = self.all.lock();
            let at = all.ready.iter().position(|spare| spare.folder == folder);
            at.map(|at| all.ready.remove(at))
        };
        if let Some(unused) = unused {
            self.discard(unused).await;
        }
    }

    /// Deletes what processes that are gone have left.
    pub(crate) async fn repair(&self) {
        for left in fs::read_dir(self.folder()).into_iter().flatten().flatten() {
            let Ok(Some(lock)) = Lock::try_take(&left.path().join("lock")) else { continue };
            match removal::move_to(&self.root.join("trash"), &left.path()) {
                Ok(gone) => removal::empty_in_background(gone).await,
                Err(error) => tracing::info!(%error, "a spare worktree stays until the next repair"),
            }
            drop(lock);
        }
    }
}

impl Spare {
    async fn is_usable(&self, base: &Commit) -> Result<bool, WorkspaceError> {
        let is_trusted = Guard::current().is_none_or(|guard| guard.overrides.is_empty());
        if !is_trusted || MadeWith::read(&self.common).await.as_ref() != Some(&self.made_with) {
            return Ok(false);
        }
        let (as_made, same_attributes) =
            tokio::join!(self.check.holds(&self.folder, &self.common), self.has_attributes_of(base));
        Ok(as_made? && same_attributes?)
    }

    /// Whether the attributes within the tree are those of the commit: git does not write files again whose attributes
    /// alone have changed.
    async fn has_attributes_of(&self, base: &Commit) -> Result<bool, WorkspaceError> {
        if *base == self.base {
            return Ok(true);
        }
        let listing = Git::to("compare the attributes of two commits", &self.common)
            .with("GIT_DIR", &self.common)
            .arguments(["diff-tree", "-r", "--name-only", "-z", self.base.as_str(), base.as_str(), "--"])
            .arguments([":(glob)**/.gitattributes", ":(glob)**/.gitmodules"])
            .run()
            .await?;
        Ok(listing.is_empty())
    }

    /// Puts the files into a worktree that has none, and the index into its own git folder. Whether the files are those
    /// of the commit already.
    ///
    /// # Errors
    /// Where a file cannot be moved: the worktree may have no `.git` then.
    pub(crate) fn put_into(self, tree: &Path, admin: &Path, base: &Commit) -> Result<bool, WorkspaceError> {
        let own = self.folder.join("tree");
        fs::rename(tree.join(".git"), own.join(".git"))
            .and_then(|()| fs::remove_dir(tree))
            .and_then(|()| fs::rename(&own, tree))
            .and_then(|()| fs::rename(self.folder.join("index"), admin.join("index")))
            .map_err(WorkspaceError::file("move", &own))?;
        removal::forget(&self.folder.join("lock"))?;
        if let Err(error) = fs::remove_dir(&self.folder) {
            tracing::info!(%error, "the folder of a spare worktree stays until the next repair");
        }
        Ok(self.base == *base)
    }
}

impl All {
    /// Whether one is to be made for a repository; if so, it is noted that somebody makes it.
    fn wants(&mut self, common: &Path) -> bool {
        !self.ready.iter().any(|spare| spare.common == common) && self.making.insert(common.to_owned())
    }

    /// Gives the oldest where there are too many then.
    fn add(&mut self, spare: Spare) -> Option<Spare> {
        self.ready.push(spare);
        (self.ready.len() > MOST).then(|| self.ready.remove(0))
    }
}

/// Makes one in a folder; `None` where none is wanted, or it could not be proved later to be as it was made.
async fn make(root: &Path, common: &Path, folder: &Path) -> Result<Option<Spare>, WorkspaceError> {
    let Some(top) = common.parent().filter(|top| configuration::is_in(top, common)) else { return Ok(None) };
    let (Some(base), Some(made_with)) = (heads::commit(common), MadeWith::read(common).await) else {
        return Ok(None);
    };
    let settings = configuration::of_checkout(top, common).await?;
    if !settings.without_filters().is_empty() || settings.is_partial() || !has_room(root) {
        return Ok(None);
    }
    let Some(lock) = Lock::try_take(&folder.join("lock"))? else { return Ok(None) };
    let tree = folder.join("tree");
    fs::create_dir(&tree).map_err(WorkspaceError::file("make the folder", &tree))?;
    let made = git(common, folder, "write files ahead")
        .filtered()
        // One writer, because others may be at work.
        .set("checkout.workers=1")
        .arguments(["read-tree", "-m", "-u", base.as_str()])
        .run();
    Guard::new(&settings, settings.clone()).hold(made).await?;
    let Some(check) = Check::of(folder, common).await? else { return Ok(None) };
    let (folder, common) = (folder.to_owned(), common.to_owned());
    Ok(Some(Spare { folder, common, base, made_with, check, _lock: lock }))
}

/// The folder of one that is being made, which goes into the trash where nobody finishes it.
struct Unfinished {
    folder: PathBuf,
    trash: PathBuf,
    finished: bool,
}

impl Unfinished {
    fn begin(root: &Path) -> Result<Self, WorkspaceError> {
        let folder = root.join("spare").join(format!("making-{}", AttemptId::new()));
        fs::create_dir_all(&folder).map_err(WorkspaceError::file("make the folder", &folder))?;
        Ok(Self { folder, trash: root.join("trash"), finished: false })
    }

    /// Gives it its name.
    fn finish(&mut self) -> Result<PathBuf, WorkspaceError> {
        let name = AttemptId::new().to_string();
        let folder = self.folder.with_file_name(name);
        fs::rename(&self.folder, &folder).map_err(WorkspaceError::file("move", &self.folder))?;
        self.finished = true;
        Ok(folder)
    }

    fn throw_away(&mut self) -> Option<PathBuf> {
        self.finished = true;
        let gone = removal::move_to(&self.trash, &self.folder);
        gone.inspect_err(|error| tracing::info!(%error, "a spare worktree stays until the next repair"))
            .ok()
            .flatten()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.finished {
            self.throw_away();
        }
    }
}

fn has_room(root: &Path) -> bool {
    rustix::fs::statvfs(root).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) >= LEAST_FREE)
}
