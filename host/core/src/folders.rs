//! Where a host keeps its things: one data folder, private to its user.

use jackfield_files::private_folder;
use std::io;
use std::path::{Path, PathBuf};

/// The folders below the data folder.
#[derive(Debug, Clone)]
pub struct Folders {
    /// The data folder.
    pub data: PathBuf,
    /// Logs, diffs and scratch files, by run and attempt.
    pub runs: PathBuf,
    /// The worktrees of attempts.
    pub worktrees: PathBuf,
    /// What agent programs keep from attempt to attempt, by executor.
    pub state: PathBuf,
    /// Where probes are run.
    pub temporary: PathBuf,
    /// The plugin folder.
    pub drop: PathBuf,
}

impl Folders {
    /// Creates the folders that are missing, readable by their owner only.
    ///
    /// # Errors
    /// The failure to create one.
    pub fn make(data: &Path, drop: Option<&Path>) -> io::Result<Self> {
        private_folder(data)?;
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
            private_folder(folder)?;
        }
        Ok(folders)
    }
}

/// Where the data folder is when nobody says: as the XDG rules have it.
pub fn default_data(environment: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let absolute = |name| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map(|base| base.join("jackfield"))
}
