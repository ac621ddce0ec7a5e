//! Where a host keeps its things: one data folder, private to its user.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The folders below the data folder.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    pub(crate) data: PathBuf,
    /// Logs, diffs and scratch files, by run and attempt.
    pub(crate) runs: PathBuf,
    pub(crate) worktrees: PathBuf,
    /// What agent programs keep from attempt to attempt, by executor.
    pub(crate) state: PathBuf,
    /// Where probes are run.
    pub(crate) temporary: PathBuf,
    pub(crate) drop: PathBuf,
}

impl Folders {
    pub(crate) fn make(data: &Path, drop: Option<&Path>) -> io::Result<Self> {
        private(data)?;
        let data = data.canonicalize()?;
        let folders = Self {
            runs: data.join("runs"),
            worktrees: data.join("worktrees"),
            state: data.join("state"),
            temporary: data.join("tmp"),
            drop: drop.map_or_else(|| data.join("plugins"), Path::to_owned),
            data,
        };
        for folder in [&folders.runs, &folders.worktrees, &folders.state, &folders.temporary] {
            private(folder)?;
        }
        Ok(folders)
    }
}

/// Makes a folder that only its owner can enter, and those above it where they are missing.
pub(crate) fn private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes a file that only its owner can read, in place of whatever was there. Whoever reads it
/// meanwhile finds the old content or the new: attempts at work together share their program's settings.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    if let Some(parent) = path.parent() {
        private(parent)?;
    }
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}-{}.part", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    let beside = path.with_file_name(name);
    let write = || {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?.write_all(content)?;
        fs::rename(&beside, path)
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}

/// Where the data folder is when nobody says: as the XDG rules have it.
pub(crate) fn default_data(environment: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let absolute = |name| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map(|base| base.join("jackfield"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_private_file_takes_the_place_of_the_old_one_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/settings.json");
        for content in ["first", "second"] {
            write_private(&file, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), content);
        }
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        // A folder cannot be replaced by a file.
        private(&folder.path().join("state/taken")).unwrap();
        assert!(write_private(&folder.path().join("state/taken"), b"text").is_err());
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 2);
    }
}
