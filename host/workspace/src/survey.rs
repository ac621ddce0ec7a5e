//! What is in a tree of files that git would pass over without a word.

use crate::WorkspaceError;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Paths relative to the tree, in no order.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// Whatever is called `.git`, but for that at the top: git takes nothing that has such a name.
    pub(crate) git_folders: Vec<PathBuf>,
    /// Pipes, sockets and devices.
    pub(crate) special: Vec<(PathBuf, &'static str)>,
    /// Folders with nothing in them.
    pub(crate) empty: Vec<PathBuf>,
    /// How many files and links there are.
    pub(crate) files: usize,
    /// There is a `.git` at the top.
    pub(crate) git_at_top: bool,
}

/// Looks through a tree, on a thread that may block. A folder that its owner may not read is made readable.
pub(crate) async fn survey(tree: &Path) -> Result<Survey, WorkspaceError> {
    let root = tree.to_owned();
    let found = tokio::task::spawn_blocking(move || look(&root)).await;
    found.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(WorkspaceError::file("read", tree))
}

fn look(tree: &Path) -> io::Result<Survey> {
    let mut survey = Survey::default();
    let mut waiting = vec![PathBuf::new()];
    while let Some(within) = waiting.pop() {
        let mut empty = true;
        for entry in entries(&tree.join(&within))? {
            let entry = entry?;
            empty = false;
            let path = within.join(entry.file_name());
            let kind = entry.file_type()?;
            if is_git(&path) {
                if within.as_os_str().is_empty() {
                    survey.git_at_top = true;
                } else {
                    survey.git_folders.push(path);
                }
            } else if kind.is_dir() {
                waiting.push(path);
            } else if !kind.is_file() && !kind.is_symlink() {
                survey.special.push((path, special(kind)));
            } else {
                survey.files += 1;
            }
        }
        if empty && !within.as_os_str().is_empty() {
            survey.empty.push(within);
        }
    }
    Ok(survey)
}

/// Whether a path ends in `.git`, in capital letters too: git refuses those as well.
fn is_git(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.eq_ignore_ascii_case(".git"))
}

fn entries(folder: &Path) -> io::Result<fs::ReadDir> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            fs::set_permissions(folder, Permissions::from_mode(0o700))?;
            fs::read_dir(folder)
        }
        read => read,
    }
}

fn special(kind: fs::FileType) -> &'static str {
    if kind.is_fifo() {
        "pipe"
    } else if kind.is_socket() {
        "socket"
    } else {
        "device"
    }
}

/// Lets the owner read every file of a tree: git keeps no such permission, so nothing is lost by it.
pub(crate) async fn make_readable(tree: &Path) -> Result<(), WorkspaceError> {
    let root = tree.to_owned();
    let done = tokio::task::spawn_blocking(move || {
        let mut failed = Ok(());
        each_file(&root, &mut |path, facts| {
            let mode = facts.permissions().mode();
            if facts.is_file() && mode & 0o400 == 0 {
                failed = fs::set_permissions(path, Permissions::from_mode(mode | 0o400));
            }
        })?;
        failed
    });
    done.await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
        .map_err(WorkspaceError::file("make readable", tree))
}

/// Calls `each` with every file and link below a folder, or with the file or link that it is.
pub(crate) fn each_file(path: &Path, each: &mut impl FnMut(&Path, &fs::Metadata)) -> io::Result<()> {
    let mut waiting = vec![path.to_owned()];
    while let Some(path) = waiting.pop() {
        let facts = match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            facts => facts?,
        };
        if facts.is_dir() {
            for entry in entries(&path)? {
                waiting.push(entry?.path());
            }
        } else if facts.is_file() || facts.is_symlink() {
            each(&path, &facts);
        }
    }
    Ok(())
}

/// When the file system last recorded a change of a file, whatever its other times were set to: seconds and
/// nanoseconds.
pub(crate) fn changed(facts: &fs::Metadata) -> (i64, i64) {
    (facts.ctime(), facts.ctime_nsec())
}
