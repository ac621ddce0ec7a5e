//! A throw-away git repository, and what can be seen in it.
#![allow(clippy::disallowed_methods, reason = "git is asked what there is, as a person would")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// See the module. It lies in a [`Ground`](crate::Ground) and goes with it.
pub struct Repository {
    path: PathBuf,
}

impl Repository {
    pub(crate) fn make(path: &Path) -> Self {
        fs::create_dir(path).unwrap();
        let repository = Self { path: path.canonicalize().unwrap() };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        fs::write(path.join("README.md"), "# A workspace\n").unwrap();
        repository.git(&["add", "README.md"]);
        repository.git(&["commit", "--quiet", "--message=The beginning"]);
        repository
    }

    /// Another one on the same ground.
    pub fn beside(ground: &crate::Ground, name: &str) -> Self {
        Self::make(&ground.path().join(name))
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its folder, as it is written in a request.
    pub fn text(&self) -> String {
        self.path.display().to_string()
    }

    /// What git prints. Fails where git does.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(&self.path)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", &self.path)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .args(["-c", "user.name=Tester", "-c", "user.email=tester@localhost"])
            .args(arguments)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {told}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// All branches but the one it began with.
    pub fn branches(&self) -> Vec<String> {
        let all = self.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
        all.lines().filter(|name| *name != "main").map(str::to_owned).collect()
    }

    /// A file as it is on a branch.
    pub fn file(&self, branch: &str, path: &str) -> String {
        self.git(&["show", &format!("{branch}:{path}")])
    }

    /// Fails where the checkout is not as it was made, or git still knows another worktree.
    pub fn assert_untouched(&self) {
        assert_eq!(self.git(&["status", "--porcelain"]), "", "the checkout was changed");
        assert_eq!(self.git(&["branch", "--show-current"]), "main");
        assert_eq!(self.git(&["rev-list", "--count", "HEAD"]), "1", "a commit was added to main");
        let worktrees = self.git(&["worktree", "list", "--porcelain"]);
        assert_eq!(worktrees.matches("worktree ").count(), 1, "{worktrees}");
    }
}
