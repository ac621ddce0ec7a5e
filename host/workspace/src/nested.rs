//! Repositories inside a worktree.
//!
//! Git takes such a repository for one thing: it records the id of its commit and none of its files, or
//! nothing where it has no commit. So its git folder is set aside before the files are taken in: they are
//! ordinary files then, and its history is kept whole. A declared submodule is left as it is.

use crate::git::Git;
use crate::leftovers::{line, word};
use crate::survey::{Survey, changed, each_file};
use crate::{Leftover, LeftoverKind, WorkspaceError, Worktree, WorktreeKind};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where in the folder of what is kept the git folders are.
const FOLDER: &str = "repositories";

/// A git folder that was set aside.
#[derive(Debug)]
pub(crate) struct Aside {
    /// Where it was, relative to the tree.
    path: PathBuf,
    now: PathBuf,
    /// It was in the folder that the worktree is a copy of, and nothing was recorded in it since.
    unchanged: bool,
}

/// Moves the git folders of a tree into `to`, relative path by relative path.
///
/// # Errors
/// Where one cannot be moved; those that were moved before it are where [`put_back`] finds them.
pub(crate) fn move_aside(
    tree: &Path,
    git_folders: Vec<PathBuf>,
    to: &Path,
    since: Option<(i64, i64)>,
) -> Result<Vec<Aside>, WorkspaceError> {
    let mut aside = Vec::new();
    for path in git_folders {
        let from = tree.join(&path);
        let failed = || WorkspaceError::file("move", &from);
        let unchanged = match since {
            Some(since) => !recorded_since(&from, since).map_err(failed())?,
            None => false,
        };
        let now = free(to.join(&path));
        if let Some(parent) = now.parent() {
            fs::create_dir_all(parent).map_err(WorkspaceError::file("make the folder", parent))?;
        }
        fs::rename(&from, &now).map_err(failed())?;
        aside.push(Aside { path, now, unchanged });
    }
    Ok(aside)
}

/// Puts git folders back where they were.
pub(crate) fn put_back<'a>(
    tree: &Path,
    aside: impl IntoIterator<Item = &'a Aside>,
) -> Result<(), WorkspaceError> {
    for Aside { path, now, .. } in aside {
        fs::rename(now, tree.join(path)).map_err(WorkspaceError::file("move", now))?;
    }
    Ok(())
}

/// Sets the git folders aside that the agent made or changed, and says which are to be put back when the files
/// are taken in.
pub(crate) async fn set_aside(
    worktree: &Worktree,
    survey: &Survey,
    kept: &Path,
    since: Option<(i64, i64)>,
) -> Result<Vec<Aside>, WorkspaceError> {
    let mut git_folders = survey.git_folders.clone();
    let top = worktree.path.join(".git");
    let copied = worktree.kind == WorktreeKind::Copy && worktree.source.join(".git").exists();
    if top.is_dir() && !copied {
        git_folders.push(PathBuf::from(".git"));
    }
    let (tree, to) = (worktree.path.clone(), kept.join(FOLDER));
    let moved = tokio::task::spawn_blocking(move || move_aside(&tree, git_folders, &to, since)).await;
    moved.unwrap_or_else(|error| Err(WorkspaceError::file("move", kept)(io::Error::other(error))))
}

/// Puts back what nothing was recorded in, and lists what is kept, from an earlier capture too.
pub(crate) fn settle(
    worktree: &Worktree,
    aside: &[Aside],
    kept: &Path,
) -> Result<Vec<Leftover>, WorkspaceError> {
    put_back(&worktree.path, aside.iter().filter(|aside| aside.unchanged))?;
    let root = kept.join(FOLDER);
    let mut there = Vec::new();
    if root.is_dir() {
        find(&root, &mut there).map_err(WorkspaceError::file("read", &root))?;
    }
    there.sort_unstable();
    there.iter().map(|path| leftover(&root, path)).collect()
}

/// The git folders that were moved into a folder. Nothing else is in it but the folders on the way to them.
fn find(folder: &Path, there: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let begins = name.as_bytes().get(..4).is_some_and(|first| first.eq_ignore_ascii_case(b".git"));
        let ends = name.as_bytes().get(4..).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"-"));
        if (begins && ends) || !entry.file_type()?.is_dir() {
            there.push(entry.path());
        } else {
            find(&entry.path(), there)?;
        }
    }
    Ok(())
}

fn leftover(root: &Path, now: &Path) -> Result<Leftover, WorkspaceError> {
    let (mut files, mut bytes) = (0, 0);
    each_file(now, &mut |_, facts| {
        files += 1;
        bytes += facts.len();
    })
    .map_err(WorkspaceError::file("read", now))?;
    let within = now.strip_prefix(root).unwrap_or(now);
    let folder = within.parent().filter(|folder| !folder.as_os_str().is_empty());
    let back = folder.unwrap_or(Path::new(".")).join(".git");
    Ok(Leftover {
        kind: LeftoverKind::Repository,
        what: line(within),
        files,
        bytes,
        kept: Some(now.to_string_lossy().into_owned()),
        why: "git commits no repository inside another; its files are on the branch".to_owned(),
        get: folder.map(|_| format!("cp -R {} {}", word(now), word(&back))),
    })
}

/// A path that nothing is at.
fn free(path: PathBuf) -> PathBuf {
    let taken = |path: &Path| path.symlink_metadata().is_ok();
    let numbered = |number: u32| {
        let mut name = path.clone().into_os_string();
        name.push(format!("-{number}"));
        PathBuf::from(name)
    };
    if !taken(&path) { path } else { (2..).map(numbered).find(|path| !taken(path)).unwrap_or(path) }
}

/// Whether anything but the index of a git folder changed since then: looking at a repository writes that.
fn recorded_since(git_folder: &Path, since: (i64, i64)) -> io::Result<bool> {
    let index = git_folder.join("index");
    let mut recorded = false;
    each_file(git_folder, &mut |path, facts| recorded |= path != index && changed(facts) >= since)?;
    Ok(recorded)
}

/// The folders that the base or the worktree itself declares to be submodules.
pub(crate) async fn submodules(worktree: &Worktree) -> Result<HashSet<PathBuf>, WorkspaceError> {
    let what = "list the submodules";
    let git = || Git::to(what, &worktree.repository).with("GIT_DIR", &worktree.repository);
    let tree = git().arguments(["ls-tree", "-r", "-z", worktree.base.as_str()]).run().await?;
    let in_base = tree.split(|byte| *byte == 0).filter(|line| line.starts_with(b"160000 "));
    let in_base = in_base.filter_map(|line| line.splitn(2, |byte| *byte == b'\t').nth(1)).map(path);
    let mut submodules: HashSet<PathBuf> = in_base.collect();
    let modules = worktree.path.join(".gitmodules");
    if modules.symlink_metadata().is_ok_and(|facts| facts.is_file()) {
        let answer = git()
            .arguments(["config", "--null", "--file"])
            .argument(&modules)
            .arguments(["--get-regexp", r"^submodule\..*\.path$"])
            .ask()
            .await?;
        let declared = answer.stdout.split(|byte| *byte == 0);
        submodules.extend(declared.filter_map(|pair| pair.splitn(2, |byte| *byte == b'\n').nth(1)).map(path));
    }
    Ok(submodules)
}

fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}
