//! One test's own ground: folders for the data, the home, the programs and temporary files, and an
//! environment that names nothing outside of it but the system's own programs.
//!
//! The paths are short and unique, so that whatever still runs in them or knows them can be found.

use crate::code::private;
use crate::{Cli, Database, Network, Process, Repository, Server, Worker, code, processes};
use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// See the module.
pub struct Ground {
    folder: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

impl Ground {
    /// Folders and an environment; no file of the host's yet.
    pub fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// The same in this folder.
    pub fn below(place: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("jfb-").tempdir_in(place).unwrap();
        let ground = Self { folder, environment: BTreeMap::new() };
        for part in ["data/plugin-store", "home", "bin", "tmp"] {
            private(&ground.path().join(part));
        }
        symlink(code::shared(), ground.data().join("plugin-store/compiled")).unwrap();
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", ground.path().join("bin").display());
        let home = ground.path().join("home").display().to_string();
        let tmp = ground.path().join("tmp").display().to_string();
        ground.with("PATH", path).with("HOME", home).with("TMPDIR", tmp).with("LANG", "C.UTF-8")
    }

    /// The same with a variable in the environment of everything that is started.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// The same with a folder put first on the PATH.
    #[must_use]
    pub fn with_programs(self, bin: &Path) -> Self {
        let path = format!("{}:{}", bin.display(), self.environment["PATH"]);
        self.with("PATH", path)
    }

    /// The same with this `jackfield.toml`.
    #[must_use]
    pub fn with_config(self, toml: &str) -> Self {
        fs::write(self.config(), toml).unwrap();
        self
    }

    /// The same with an executable script on the PATH.
    #[must_use]
    pub fn with_script(self, name: &str, text: &str) -> Self {
        let file = self.path().join("bin").join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// Everything of this test is below here.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The host's data folder.
    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// `jackfield.toml` in the data folder.
    pub fn config(&self) -> PathBuf {
        self.data().join("jackfield.toml")
    }

    /// Where components are dropped in.
    pub fn plugins(&self) -> PathBuf {
        self.data().join("plugins")
    }

    pub(crate) fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// A git repository with one commit.
    pub fn repository(&self) -> Repository {
        Repository::make(&self.path().join("repository"))
    }

    /// The command line over this data folder.
    pub fn cli(&self) -> Cli<'_> {
        Cli::new(self)
    }

    /// `jackfield serve` over this data folder, on a port that the system picked.
    pub async fn serve(&self) -> Server {
        self.serve_on("127.0.0.1:0").await
    }

    /// The same at this address.
    pub async fn serve_on(&self, listen: &str) -> Server {
        self.serve_with(listen, &[]).await
    }

    /// The same with further arguments.
    pub async fn serve_with(&self, listen: &str, more: &[&str]) -> Server {
        Server::start(self, listen, more).await
    }

    /// `jackfield worker` over this data folder, for a host at this address.
    pub async fn work_for(&self, host: &str, token: &str, slots: u32, network: Option<&Network>) -> Worker {
        Worker::start(self, host, token, slots, network).await
    }

    /// What the servers of this ground have logged.
    pub fn server_log(&self) -> String {
        fs::read_to_string(self.path().join("server.log")).unwrap_or_default()
    }

    /// The host's database, for reading.
    pub fn database(&self) -> Database {
        Database::open(&self.data())
    }

    /// Locks the database, so that nobody else can write, until the result is dropped.
    pub fn lock_database(&self) -> impl Drop {
        Database::lock(&self.data())
    }

    /// Whether nobody holds the database locked for a write.
    pub(crate) fn database_is_free(&self) -> bool {
        Database::is_free(&self.data())
    }

    /// Processes that run in this ground or were started with its environment.
    pub fn processes(&self) -> Vec<Process> {
        processes::of(self.path())
    }

    /// Ends the test: fails where a process still runs, or a worktree is still there.
    ///
    /// Waits a few seconds for processes that are ending: a signal may have just reached them.
    pub fn leave(self) {
        let deadline = Instant::now() + Duration::from_secs(5);
        let mut left = self.processes();
        while !left.is_empty() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(50));
            left = self.processes();
        }
        assert!(left.is_empty(), "processes are left behind: {left:#?}");
        assert_eq!(self.worktrees(), Vec::<PathBuf>::new(), "worktrees are left behind");
        let temporary = entries(&self.path().join("tmp"));
        assert_eq!(temporary, Vec::<PathBuf>::new(), "temporary files are left behind");
    }

    /// Worktrees that are on disk.
    pub fn worktrees(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        find_worktrees(&self.data().join("worktrees"), &mut found);
        found
    }
}

impl Default for Ground {
    fn default() -> Self {
        Self::new()
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// A linked worktree has a file `.git`; a copy of a folder lies where its worktree would.
fn find_worktrees(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in entries(folder).into_iter().filter(|entry| entry.is_dir()) {
        if entry.join(".git").exists() {
            found.push(entry);
        } else {
            find_worktrees(&entry, found);
        }
    }
}
