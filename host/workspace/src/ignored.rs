//! Files that git ignores: an agent may have been asked for one of them, and most are caches.
//!
//! They are copied as far as a bound allows, so that what is small survives and what is huge is named. What
//! git lists as one (a folder that is ignored as a whole) is kept as one where it fits, the smallest first. Of
//! what does not fit, single files are kept as far as there is room: those nearest to the top, then the
//! smallest.

use crate::git::Git;
use crate::index::{Index, Scratch};
use crate::leftovers::{named, word};
use crate::save::Saved;
use crate::survey::{changed, each_file};
use crate::{Keeping, Leftover, LeftoverKind, WorkspaceError, Worktree};
use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// Where in the folder of what is kept they are.
const FOLDER: &str = "ignored";
/// Most files that are copied, however small.
const MOST_FILES: u64 = 10_000;

/// One line of git's list: a file, or a folder of which all is ignored.
#[derive(Debug)]
struct Entry {
    path: PathBuf,
    files: Vec<File>,
    bytes: u64,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    bytes: u64,
}

/// Copies what git ignores to where things are kept, and lists it. `since`: only what changed since then.
pub(crate) async fn keep(
    worktree: &Worktree,
    saved: &Saved,
    keeping: &Keeping,
    since: Option<(i64, i64)>,
) -> Result<Vec<Leftover>, WorkspaceError> {
    let entries = list(worktree, saved).await?;
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let (tree, keeping) = (worktree.path.clone(), keeping.clone());
    let failed = keeping.folder.clone();
    let kept = tokio::task::spawn_blocking(move || copy(&tree, entries, &keeping, since)).await;
    kept.unwrap_or_else(|error| Err(io::Error::other(error)))
        .map_err(WorkspaceError::file("keep ignored files in", &failed))
}

/// What is tracked is what the commit holds, whatever the agent's index said: where the worktree's index is not the
/// one that the commit was made from, one of its own is made for this.
async fn list(worktree: &Worktree, saved: &Saved) -> Result<Vec<PathBuf>, WorkspaceError> {
    let git_folder = worktree.git_folder();
    let scratch = Scratch(git_folder.join(format!("jackfield-{}-ignored", worktree.attempt)));
    let file = if saved.aligned { git_folder.join("index") } else { scratch.0.clone() };
    let index = Index { git_folder, tree: &worktree.path, file };
    if !saved.aligned {
        index.git("read the commit").arguments(["read-tree", saved.head.as_str()]).run().await?;
    }
    let listing = index
        .git("list the ignored files")
        .files_untouched()
        .set("core.untrackedCache=false")
        .arguments(["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"])
        .run()
        .await?;
    Ok(listed(&listing).collect())
}

/// Those of these paths that git ignores, tracked or not.
pub(crate) async fn among(worktree: &Worktree, paths: &[&Path]) -> Result<HashSet<PathBuf>, WorkspaceError> {
    let what = "ask which paths are ignored";
    let asked: Vec<u8> =
        paths.iter().flat_map(|path| [path.as_os_str().as_bytes(), b"\0"].concat()).collect();
    let answer = Git::to(what, &worktree.path)
        .with("GIT_DIR", worktree.git_folder())
        .with("GIT_WORK_TREE", &worktree.path)
        .arguments(["check-ignore", "--no-index", "--stdin", "-z"])
        .reading(asked)
        .ask()
        .await?;
    match answer.code {
        Some(0 | 1) => Ok(listed(&answer.stdout).collect()),
        _ => Err(answer.refused(what.to_owned())),
    }
}

fn listed(bytes: &[u8]) -> impl Iterator<Item = PathBuf> {
    let paths = bytes.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    paths.map(|path| PathBuf::from(OsStr::from_bytes(path)))
}

fn copy(
    tree: &Path,
    listed: Vec<PathBuf>,
    keeping: &Keeping,
    since: Option<(i64, i64)>,
) -> io::Result<Vec<Leftover>> {
    let mut entries =
        listed.into_iter().map(|path| entry(tree, path, since)).collect::<io::Result<Vec<_>>>()?;
    entries.retain(|entry| !entry.files.is_empty());
    entries.sort_by(|a, b| (a.bytes, &a.path).cmp(&(b.bytes, &b.path)));
    let to = keeping.folder.join(FOLDER);
    let mut room = Room { bytes: keeping.ignored_bytes, files: MOST_FILES };
    let (mut kept, mut dropped) = (Sum::default(), Sum::default());
    let mut too_large = Vec::new();
    for entry in entries {
        if room.take(entry.bytes, entry.files.len() as u64) {
            kept.add(&entry.path, &entry.files);
        } else {
            too_large.push(entry);
        }
    }
    for Entry { path, mut files, .. } in too_large {
        files.sort_by_key(|file| (file.path.components().count(), file.bytes));
        let (fits, rest): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| room.take(file.bytes, 1));
        kept.add(&path, &fits);
        dropped.add(&path, &rest);
    }
    for file in &kept.paths {
        copy_file(&tree.join(file), &to.join(file))?;
    }
    let mut leftovers = Vec::new();
    if kept.files > 0 {
        leftovers.push(Leftover {
            kept: Some(to.to_string_lossy().into_owned()),
            get: Some(format!("cp -R {}/. .", word(&to))),
            ..kept.leftover("git ignores them".to_owned())
        });
    }
    if dropped.files > 0 {
        let most = keeping.ignored_bytes >> 20;
        leftovers.push(dropped.leftover(format!(
            "git ignores them, and they exceed what is kept of an attempt ({most} MiB and {MOST_FILES} files)"
        )));
    }
    Ok(leftovers)
}

fn entry(tree: &Path, path: PathBuf, since: Option<(i64, i64)>) -> io::Result<Entry> {
    let mut entry = Entry { files: Vec::new(), bytes: 0, path };
    each_file(&tree.join(&entry.path), &mut |found, facts| {
        if since.is_none_or(|since| changed(facts) >= since)
            && let Ok(within) = found.strip_prefix(tree)
        {
            entry.files.push(File { path: within.to_owned(), bytes: facts.len() });
            entry.bytes += facts.len();
        }
    })?;
    Ok(entry)
}

struct Room {
    bytes: u64,
    files: u64,
}

impl Room {
    fn take(&mut self, bytes: u64, files: u64) -> bool {
        let fits = bytes <= self.bytes && files <= self.files;
        if fits {
            self.bytes -= bytes;
            self.files -= files;
        }
        fits
    }
}

#[derive(Default)]
struct Sum {
    listed: BTreeSet<PathBuf>,
    paths: Vec<PathBuf>,
    files: u64,
    bytes: u64,
}

impl Sum {
    fn add(&mut self, listed: &Path, files: &[File]) {
        if files.is_empty() {
            return;
        }
        self.listed.insert(listed.to_owned());
        self.paths.extend(files.iter().map(|file| file.path.clone()));
        self.files += files.len() as u64;
        self.bytes += files.iter().map(|file| file.bytes).sum::<u64>();
    }

    fn leftover(&self, why: String) -> Leftover {
        Leftover {
            kind: LeftoverKind::Ignored,
            what: named(self.listed.iter().map(PathBuf::as_path)),
            files: self.files,
            bytes: self.bytes,
            kept: None,
            why,
            get: None,
        }
    }
}

/// Copies a file or a link over what an earlier capture has kept.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::remove_file(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if from.symlink_metadata()?.is_symlink() {
        return symlink(fs::read_link(from)?, to);
    }
    match fs::copy(from, to) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            fs::set_permissions(from, Permissions::from_mode(0o600))?;
            fs::copy(from, to).map(drop)
        }
        copied => copied.map(drop),
    }
}
