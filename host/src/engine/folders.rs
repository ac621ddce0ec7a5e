//! Where a host keeps its things: one data folder, private to its user.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

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

/// Writes a file that only its owner can read, in place of whatever was there.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        private(parent)?;
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(content)
}

/// Where the data folder is when nobody says: as the XDG rules have it.
pub(crate) fn default_data(environment: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let absolute = |name| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map(|base| base.join("jackfield"))
}
