//! Copying a plain folder for an attempt, exactly, and not more than is sensible.
//!
//! The kernel's own copy is used, which shares blocks on file systems that can. Symlinks stay symlinks,
//! modes and times stay. Sockets, pipes and devices are not files and stay behind. The size is added up
//! before anything is written.

use crate::{WorkspaceError, removal};
use std::fs::{self, File, FileTimes, Metadata};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// How much of a plain folder may be copied for each attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CopyLimits {
    /// Bytes of all its files.
    pub(crate) bytes: u64,
    /// Its files and folders.
    pub(crate) entries: u64,
}

impl Default for CopyLimits {
    /// 2 GiB, 200,000 files and folders.
    fn default() -> Self {
        Self { bytes: 2 << 30, entries: 200_000 }
    }
}

/// What there is to copy: each thing after the folder that it is in.
struct Plan {
    things: Vec<(PathBuf, Metadata)>,
    bytes: u64,
}

/// Copies `folder` to `to`, which must not exist, but for `except` inside it.
pub(crate) async fn copy(
    folder: &Path,
    to: &Path,
    except: &Path,
    limits: CopyLimits,
) -> Result<(), WorkspaceError> {
    let (folder, to, except) = (folder.to_owned(), to.to_owned(), except.to_owned());
    let failed = to.clone();
    let copied = tokio::task::spawn_blocking(move || {
        let plan = plan(&folder, &except, limits)?;
        tracing::debug!(folder = %folder.display(), bytes = plan.bytes, things = plan.things.len(), "copying");
        carry_out(&plan, &folder, &to)
    });
    match copied.await {
        Ok(Err(error)) => {
            removal::delete(failed).await?;
            Err(error)
        }
        Ok(done) => done,
        Err(error) => Err(WorkspaceError::file("copy to", &failed)(io::Error::other(error))),
    }
}

fn plan(folder: &Path, except: &Path, limits: CopyLimits) -> Result<Plan, WorkspaceError> {
    let mut plan = Plan { things: Vec::new(), bytes: 0 };
    let mut waiting = vec![PathBuf::new()];
    while let Some(within) = waiting.pop() {
        let path = folder.join(&within);
        if path == except {
            continue;
        }
        let facts = path.symlink_metadata().map_err(WorkspaceError::file("read", &path))?;
        if facts.is_dir() {
            for entry in path.read_dir().map_err(WorkspaceError::file("read the folder", &path))? {
                let entry = entry.map_err(WorkspaceError::file("read the folder", &path))?;
                waiting.push(within.join(entry.file_name()));
            }
        } else if facts.is_file() {
            plan.bytes += facts.len();
        } else if !facts.is_symlink() {
            continue;
        }
        plan.things.push((within, facts));
        let entries = plan.things.len() as u64;
        if plan.bytes > limits.bytes || entries > limits.entries {
            return Err(WorkspaceError::FolderTooLarge {
                folder: folder.to_owned(),
                found: format!("it has more than {} MiB in {entries} files", plan.bytes >> 20),
                allowed: format!("{} MiB in {} files", limits.bytes >> 20, limits.entries),
            });
        }
    }
    Ok(plan)
}

fn carry_out(plan: &Plan, folder: &Path, to: &Path) -> Result<(), WorkspaceError> {
    for (within, facts) in &plan.things {
        let (from, into) = (folder.join(within), to.join(within));
        let done = if facts.is_dir() {
            fs::create_dir(&into)
        } else if facts.is_symlink() {
            fs::read_link(&from).and_then(|target| symlink(target, &into))
        } else {
            copy_file(&from, &into, facts)
        };
        match done {
            // Files come and go in a folder that somebody works in.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !from.exists() => {}
            other => other.map_err(WorkspaceError::file("copy", &from))?,
        }
    }
    // Last and from the inside out, because a folder may be one that is not to be written to.
    for (within, facts) in plan.things.iter().rev().filter(|(_, facts)| facts.is_dir()) {
        let into = to.join(within);
        fs::set_permissions(&into, facts.permissions()).map_err(WorkspaceError::file("copy", &into))?;
    }
    Ok(())
}

fn copy_file(from: &Path, into: &Path, facts: &Metadata) -> io::Result<()> {
    fs::copy(from, into)?;
    let times = FileTimes::new().set_modified(facts.modified()?);
    // A file that is not to be written to can still be opened for reading, which is enough to set times.
    File::open(into)?.set_times(times)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[tokio::test]
    async fn a_copy_has_links_modes_times_and_read_only_folders() {
        let home = tempfile::tempdir().unwrap();
        let (from, to) = (home.path().join("from"), home.path().join("to"));
        fs::create_dir_all(from.join("deep/er")).unwrap();
        fs::write(from.join("deep/er/script"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(from.join("deep/er/script"), PermissionsExt::from_mode(0o755)).unwrap();
        symlink("deep/er/script", from.join("run")).unwrap();
        symlink("/nowhere/at/all", from.join("dangling")).unwrap();
        fs::set_permissions(from.join("deep/er"), PermissionsExt::from_mode(0o555)).unwrap();
        let kept_out = from.join("worktrees");
        fs::create_dir(&kept_out).unwrap();

        copy(&from, &to, &kept_out, CopyLimits::default()).await.unwrap();

        let (old, new) = (from.join("run").metadata().unwrap(), to.join("run").metadata().unwrap());
        assert_eq!(old.modified().unwrap(), new.modified().unwrap());
        assert_eq!(new.permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_link(to.join("dangling")).unwrap(), PathBuf::from("/nowhere/at/all"));
        assert_eq!(to.join("deep/er").metadata().unwrap().permissions().mode() & 0o777, 0o555);
        assert!(!to.join("worktrees").exists());
    }

    #[tokio::test]
    async fn too_large_a_folder_is_refused_before_anything_is_written() {
        let home = tempfile::tempdir().unwrap();
        let (from, to) = (home.path().join("from"), home.path().join("to"));
        fs::create_dir(&from).unwrap();
        fs::write(from.join("big"), vec![0; 5000]).unwrap();
        for limits in [CopyLimits { bytes: 4999, entries: 10 }, CopyLimits { bytes: 5000, entries: 1 }] {
            let error = copy(&from, &to, home.path(), limits).await.unwrap_err();
            assert_eq!(error.problem().code, "folder_too_large", "{limits:?}");
            assert!(!to.exists());
        }
        copy(&from, &to, home.path(), CopyLimits { bytes: 5000, entries: 2 }).await.unwrap();
        assert_eq!(fs::read(to.join("big")).unwrap().len(), 5000);
    }
}
