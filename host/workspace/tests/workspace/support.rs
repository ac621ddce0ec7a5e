//! What the tests of worktrees share: real repositories in temporary folders.

use jackfield_types::{AttemptId, RunId};
use jackfield_workspace::{Source, Worktree, Worktrees, source};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Output;

/// A home with a repository and a folder of worktrees, gone when the test is.
pub(crate) struct House {
    pub(crate) home: tempfile::TempDir,
    pub(crate) repository: PathBuf,
    pub(crate) worktrees: Worktrees,
}

impl House {
    /// A repository with one commit of three files.
    pub(crate) fn new() -> Self {
        let house = Self::empty();
        write(&house.repository.join("README.md"), "# Read me\n");
        write(&house.repository.join("src/main.txt"), "one\ntwo\nthree\nfour\nfive\nsix\n");
        write(&house.repository.join(".gitignore"), "*.log\n/ignored/\n");
        git(&house.repository, &["add", "-A"]);
        git(&house.repository, &["commit", "-qm", "The beginning"]);
        house
    }

    /// A repository without a commit.
    pub(crate) fn empty() -> Self {
        let home = tempfile::tempdir().unwrap();
        let repository = home.path().join("repository");
        std::fs::create_dir(&repository).unwrap();
        git(&repository, &["init", "-q", "-b", "main"]);
        let worktrees = Worktrees::open(home.path().join("worktrees")).unwrap();
        Self { home, repository, worktrees }
    }

    pub(crate) async fn source(&self) -> Source {
        source(&self.repository).await.unwrap()
    }

    pub(crate) async fn worktree(&self) -> Worktree {
        self.worktrees.create(&self.source().await, RunId::new(), AttemptId::new()).await.unwrap()
    }

    pub(crate) fn diff(&self) -> PathBuf {
        self.home.path().join("diffs/attempt.patch")
    }

    /// Branches, worktrees and the checkout of the user, to be compared before and after.
    pub(crate) fn state(&self) -> [String; 4] {
        [
            git(&self.repository, &["for-each-ref", "--format=%(refname) %(objectname)"]),
            git(&self.repository, &["worktree", "list", "--porcelain"]),
            git(&self.repository, &["status", "--porcelain=v2", "--branch"]),
            git(&self.repository, &["diff", "--cached", "--raw"]),
        ]
    }
}

/// Runs git as a user would, and gives what it prints.
pub(crate) fn git(at: &Path, arguments: &[&str]) -> String {
    let output = try_git(at, arguments);
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

pub(crate) fn try_git(at: &Path, arguments: &[&str]) -> Output {
    git_with(at, &[], arguments)
}

#[allow(
    clippy::disallowed_methods,
    reason = "the tests play the user and the agent, who start git themselves"
)]
pub(crate) fn git_with(at: &Path, environment: &[(OsString, OsString)], arguments: &[&str]) -> Output {
    std::process::Command::new("git")
        .args([
            "-c",
            "user.name=Agent",
            "-c",
            "user.email=agent@localhost",
            "-c",
            "protocol.file.allow=always",
        ])
        .args(arguments)
        .envs(environment.iter().cloned())
        .current_dir(at)
        .output()
        .unwrap()
}

pub(crate) fn write(path: &Path, text: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
