//! Committing what an agent left, whatever state it left it in.
//!
//! The agent may have committed or not, switched branches, detached HEAD, stopped in the middle of a
//! merge, been killed while it held a lock, or deleted `.git`. So nothing relies on the worktree being
//! in order: the files are taken into an index of our own, the commit is made from that index, and the
//! attempt's branch is moved so that it reaches everything: what the branch had, what HEAD had, and
//! what was not committed. Only then is the worktree brought back in line with its branch.

use crate::git::{self, Git};
use crate::{Commit, WorkspaceError, Worktree, WorktreeKind, marks, removal, survey};
use std::fs::{self, FileTimes};
use std::io;
use std::path::{Path, PathBuf};

/// What the branch of the attempt holds now.
#[derive(Debug)]
pub(crate) struct Saved {
    pub(crate) head: Commit,
    /// A commit was made for it.
    pub(crate) committed: bool,
    /// What could not be committed, in git's words or ours.
    pub(crate) left_out: Option<String>,
    /// What a filter said that refused its content, which was then taken in as it is.
    pub(crate) unfiltered: Option<String>,
}

/// An index of our own, for one tree of files. `tree` is absolute.
pub(crate) struct Index<'a> {
    pub(crate) git_folder: &'a Path,
    pub(crate) tree: &'a Path,
    pub(crate) file: PathBuf,
}

/// What is left of operations that the agent did not finish. Their commits are saved by then.
const UNFINISHED: &[&str] = &[
    "MERGE_HEAD",
    "MERGE_MODE",
    "MERGE_MSG",
    "AUTO_MERGE",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "REBASE_HEAD",
];
/// Locks that a killed agent may have left on its own HEAD and index.
const LOCKS: &[&str] = &["index.lock", "HEAD.lock", "reftable/tables.list.lock"];
const UNFINISHED_FOLDERS: &[&str] = &["rebase-merge", "rebase-apply", "sequencer"];

/// Commits everything that git would not ignore to the branch of the attempt.
///
/// To be called when the agent has ended: its leftover locks are removed.
pub(crate) async fn save(worktree: &Worktree) -> Result<Saved, WorkspaceError> {
    let admin = Some(worktree.admin.as_path()).filter(|admin| admin.join("HEAD").is_file());
    // Without its own git folder the worktree borrows the repository's, and must not read HEAD there.
    let git_folder = admin.unwrap_or(&worktree.repository);
    let file = git_folder.join(format!("jackfield-{}", worktree.attempt));
    let _scratch = Scratch(file.clone());
    let index = Index { git_folder, tree: &worktree.path, file };
    for name in admin.iter().flat_map(|admin| LOCKS.iter().map(|name| admin.join(name))) {
        removal::forget(&name)?;
    }
    let points = Points::read(git_folder, worktree, admin.is_some()).await?;
    let start = points.start(worktree).await?;
    let found = if worktree.is_there() {
        Found::look(&index, admin, worktree, &points, &start).await?
    } else {
        Found { left_out: Some("its folder is gone".to_owned()), ..Found::unchanged(&start) }
    };
    let clean = found.tree == start.tree;
    let (head, committed) = match points.parents(worktree, &start.commit, clean, found.merging).await? {
        Parents::Nothing(head) => (head, false),
        Parents::Commit(parents) => {
            let message =
                format!("What attempt {} left uncommitted\n\nRun: {}\n", worktree.attempt, worktree.run);
            (commit(git_folder, &found.tree, &parents, &message).await?, true)
        }
    };
    if points.tip.as_ref().map(|tip| &tip.commit) != Some(&head) {
        removal::forget(&worktree.repository.join(format!("{}.lock", worktree.reference())))?;
        move_branch(git_folder, &worktree.branch, &head, points.tip.as_ref().map(|tip| &tip.commit)).await?;
    }
    if let Some(admin) = admin {
        let stood_elsewhere = (!committed && head != start.commit).then_some(&start.commit);
        align(admin, worktree, &index, stood_elsewhere, &head).await?;
    }
    Ok(Saved { head, committed, left_out: found.left_out, unfiltered: found.unfiltered })
}

/// Removed with whatever it was used for, done or not.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = removal::forget(&self.0) {
            tracing::warn!(%error, "a scratch index stays behind");
        }
    }
}

/// What the files are like.
struct Found {
    tree: String,
    left_out: Option<String>,
    unfiltered: Option<String>,
    merging: Option<Commit>,
}

impl Found {
    fn unchanged(start: &Point) -> Self {
        Self { tree: start.tree.clone(), left_out: None, unfiltered: None, merging: None }
    }

    async fn look(
        index: &Index<'_>,
        admin: Option<&Path>,
        worktree: &Worktree,
        points: &Points,
        start: &Point,
    ) -> Result<Self, WorkspaceError> {
        index.seed(admin, &start.commit).await?;
        // Half a merge is not recorded as one: a later merge would take the conflicts for settled.
        let merging = match &points.merging {
            Some(other) if !index.has_conflicts().await? => Some(other.clone()),
            _ => None,
        };
        let (left_out, unfiltered) = index.take_in_somehow(&start.commit).await?;
        let was_there = worktree.kind == WorktreeKind::Copy && worktree.source.join(".git").exists();
        let own = worktree.path.join(".git").is_dir() && !was_there;
        let left_out =
            left_out.or_else(|| own.then(|| "the agent made a repository of its own in it".to_owned()));
        // Writing the tree may look at a file again, and then runs its filter.
        let off = if unfiltered.is_some() { index.without_filters().await? } else { Vec::new() };
        Ok(Self { tree: index.write_tree(&off).await?, left_out, unfiltered, merging })
    }
}

/// Where things point before anything is saved.
struct Points {
    /// What HEAD of the worktree is.
    head: Option<Point>,
    /// The end of the attempt's branch.
    tip: Option<Point>,
    /// What was being merged.
    merging: Option<Commit>,
}

#[derive(Clone)]
struct Point {
    commit: Commit,
    tree: String,
}

enum Parents {
    /// This commit holds everything already.
    Nothing(Commit),
    /// A commit with these parents is needed.
    Commit(Vec<Commit>),
}

impl Points {
    async fn read(git_folder: &Path, worktree: &Worktree, own: bool) -> Result<Self, WorkspaceError> {
        let branch = worktree.reference();
        let asked = format!(
            "{branch}^{{commit}}\n{branch}^{{tree}}\nHEAD^{{commit}}\nHEAD^{{tree}}\nMERGE_HEAD^{{commit}}\n"
        );
        let answer = Git::to("read where the branch and HEAD are", &worktree.repository)
            .with("GIT_DIR", git_folder)
            .arguments(["cat-file", "--batch-check=%(objectname)"])
            .reading(asked)
            .run()
            .await?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        if answer.lines().count() != 5 {
            let what = "read where the branch and HEAD are".to_owned();
            return Err(WorkspaceError::Git { what, said: "its answer is not complete".to_owned() });
        }
        let mut ids = answer.lines().map(|line| Commit::try_from(line.to_owned()).ok());
        let mut next = || ids.next().flatten();
        let mut point = || {
            Some((next(), next()))
                .and_then(|(commit, tree)| Some(Point { commit: commit?, tree: tree?.into() }))
        };
        let (tip, head) = (point(), point());
        let merging = next();
        Ok(Self { tip, head: head.filter(|_| own), merging: merging.filter(|_| own) })
    }

    /// What the files were before they were changed: HEAD, or the branch, or the base.
    async fn start(&self, worktree: &Worktree) -> Result<Point, WorkspaceError> {
        if let Some(point) = self.head.as_ref().or(self.tip.as_ref()) {
            return Ok(point.clone());
        }
        let commit = worktree.base.clone();
        let tree = tree_of(&worktree.repository, &commit).await?;
        Ok(Point { commit, tree })
    }

    /// What the commit must descend from, so that nothing is lost.
    async fn parents(
        &self,
        worktree: &Worktree,
        start: &Commit,
        clean: bool,
        merging: Option<Commit>,
    ) -> Result<Parents, WorkspaceError> {
        let older =
            async |one: &Commit, other: &Commit| git::is_ancestor(&worktree.repository, one, other).await;
        let mut parents = match self.tip.as_ref().map(|tip| &tip.commit) {
            None => vec![start.clone()],
            Some(tip) if older(tip, start).await? => vec![start.clone()],
            // The agent stands on something older than its branch: it looked around, or took steps back.
            Some(tip) if older(start, tip).await? => vec![tip.clone()],
            // It stands elsewhere without having done anything there.
            Some(tip) if clean && older(start, &worktree.base).await? => vec![tip.clone()],
            Some(tip) => vec![start.clone(), tip.clone()],
        };
        if let Some(other) = merging {
            parents.push(other);
        }
        match parents.as_slice() {
            [only] if clean => Ok(Parents::Nothing(only.clone())),
            _ => Ok(Parents::Commit(parents)),
        }
    }
}

impl Index<'_> {
    /// Whatever writes an index may look into files that changed as late as it was written, which filters are for.
    pub(crate) fn git(&self, what: &str) -> Git {
        Git::to(what, self.tree)
            .filtered_if_possible()
            .with("GIT_DIR", self.git_folder)
            .with("GIT_WORK_TREE", self.tree)
            .with("GIT_INDEX_FILE", &self.file)
    }

    /// Starts from the index of the worktree, which knows what has not changed and need not be read again.
    async fn seed(&self, admin: Option<&Path>, start: &Commit) -> Result<(), WorkspaceError> {
        removal::forget(&self.file.with_extension("lock"))?;
        let copied = admin.is_some_and(|admin| copy_index(&admin.join("index"), &self.file).is_ok());
        if copied { Ok(()) } else { self.start_at(start).await }
    }

    async fn start_at(&self, start: &Commit) -> Result<(), WorkspaceError> {
        removal::forget(&self.file)?;
        self.git("read the commit").arguments(["read-tree", start.as_str()]).run().await?;
        // What a sparse checkout leaves off the disk is not deleted; without a sparse checkout it refuses.
        self.git("mark what is not checked out").arguments(["sparse-checkout", "reapply"]).ask().await?;
        self.clear_marks().await
    }

    async fn has_conflicts(&self) -> Result<bool, WorkspaceError> {
        let answer = self
            .git("look for conflicts")
            .files_untouched()
            .arguments(["ls-files", "--unmerged", "-z"])
            .ask()
            .await?;
        Ok(answer.code != Some(0) || !answer.stdout.is_empty())
    }

    /// Takes in all files, from a fresh index where the agent's does not read, and without filters where one
    /// refuses its content. What could not be taken in all the same, and what the filter said.
    async fn take_in_somehow(
        &self,
        start: &Commit,
    ) -> Result<(Option<String>, Option<String>), WorkspaceError> {
        let mut taken = self.take_in().await;
        if let Err(WorkspaceError::Git { .. }) = taken {
            self.start_at(start).await?;
            taken = self.take_in().await;
        }
        let mut refused = None;
        if let Err(WorkspaceError::Git { said, .. }) = &taken {
            refused = Some(said.clone());
            self.start_at(start).await?;
            taken = self.add(&self.without_filters().await?).await;
        }
        if let Ok(Some(_)) = taken {
            survey::make_readable(self.tree).await?;
            let off = if refused.is_some() { self.without_filters().await? } else { Vec::new() };
            taken = self.add(&off).await;
        }
        Ok((taken?, refused))
    }

    /// Takes in all files but the ignored ones, and says what could not be taken in.
    pub(crate) async fn take_in(&self) -> Result<Option<String>, WorkspaceError> {
        self.clear_marks().await?;
        self.add(&[]).await
    }

    async fn add(&self, more: &[String]) -> Result<Option<String>, WorkspaceError> {
        let what = "take in the changed files";
        let settings = marks::settings(self.tree);
        let settings = settings.into_iter().chain(more.iter().map(String::as_str));
        let git = settings.fold(self.git(what), Git::set);
        let answer = git.arguments(["add", "--all", "--ignore-errors"]).ask().await?;
        match answer.code {
            Some(0) => Ok(None),
            // It took in the rest.
            Some(1) => Ok(Some(answer.said)),
            _ => Err(answer.refused(what.to_owned())),
        }
    }

    pub(crate) async fn write_tree(&self, more: &[String]) -> Result<String, WorkspaceError> {
        let git = more.iter().map(String::as_str).fold(self.git("write the tree of files"), Git::set);
        git.argument("write-tree").line().await
    }
}

/// Its time goes with it: git looks into files that changed as late as their index was written, and a
/// copy that looks younger would make it miss them.
fn copy_index(from: &Path, to: &Path) -> io::Result<()> {
    let written = fs::metadata(from)?.modified()?;
    fs::copy(from, to)?;
    fs::File::open(to)?.set_times(FileTimes::new().set_modified(written))
}

pub(crate) async fn tree_of(git_folder: &Path, commit: &Commit) -> Result<String, WorkspaceError> {
    Git::to("read a commit", git_folder)
        .with("GIT_DIR", git_folder)
        .arguments(["rev-parse", "--verify", &format!("{commit}^{{tree}}")])
        .line()
        .await
}

/// Makes a commit that nothing points at yet.
pub(crate) async fn commit(
    git_folder: &Path,
    tree: &str,
    parents: &[Commit],
    message: &str,
) -> Result<Commit, WorkspaceError> {
    Git::to("commit what the agent left", git_folder)
        .with("GIT_DIR", git_folder)
        .arguments(["commit-tree", tree])
        .arguments(parents.iter().flat_map(|parent| ["-p", parent.as_str()]))
        .arguments(["-F", "-"])
        .reading(message)
        .commit()
        .await
}

/// Points a branch at a commit, if it still is where it was.
pub(crate) async fn move_branch(
    git_folder: &Path,
    branch: &str,
    to: &Commit,
    from: Option<&Commit>,
) -> Result<(), WorkspaceError> {
    let none = "0".repeat(to.as_str().len());
    Git::to("move the branch of the attempt", git_folder)
        .with("GIT_DIR", git_folder)
        .arguments(["update-ref", "-m", "jackfield: what the attempt left", &format!("refs/heads/{branch}")])
        .arguments([to.as_str(), from.map_or(&none, Commit::as_str)])
        .run()
        .await
        .map(drop)
}

/// Makes the worktree stand on its branch with nothing to commit, so that a person who looks at it,
/// and the next save, find it in order. `stood_elsewhere` is where its unchanged files are from, where
/// that is not the end of the branch.
async fn align(
    admin: &Path,
    worktree: &Worktree,
    index: &Index<'_>,
    stood_elsewhere: Option<&Commit>,
    head: &Commit,
) -> Result<(), WorkspaceError> {
    for name in UNFINISHED {
        removal::forget(&admin.join(name))?;
    }
    for name in UNFINISHED_FOLDERS {
        removal::delete(admin.join(name)).await?;
    }
    if !index.file.is_file() {
        return Ok(());
    }
    if let Some(from) = stood_elsewhere {
        let what = "bring the files to the end of their branch";
        let moved =
            index.git(what).arguments(["read-tree", "-m", "-u", from.as_str(), head.as_str()]).ask().await?;
        if moved.code != Some(0) {
            // All is saved; the files merely stay where the agent left them.
            tracing::info!(said = moved.said, "could not {what}");
            return Ok(());
        }
    }
    let link = worktree.path.join(".git");
    if worktree.kind == WorktreeKind::Git && !link.exists() {
        let text = format!("gitdir: {}\n", admin.display());
        fs::write(&link, text).map_err(WorkspaceError::file("write", &link))?;
    }
    let head = |what: &str| Git::to(what, admin).with("GIT_DIR", admin).arguments(["symbolic-ref"]);
    let standing = head("read which branch the worktree is on").arguments(["--quiet", "HEAD"]).ask().await?;
    if String::from_utf8_lossy(&standing.stdout).trim_end() != worktree.reference() {
        let what = "put the worktree on its branch";
        head(what).arguments(["HEAD", &worktree.reference()]).run().await?;
    }
    fs::rename(&index.file, admin.join("index")).map_err(WorkspaceError::file("replace the index in", admin))
}
