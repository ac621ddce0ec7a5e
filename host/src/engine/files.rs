//! The files of one attempt, outside its worktree.

use super::Inner;
use jackfield_types::{AttemptId, Failure, FailureClass, RunId};
use std::path::{Path, PathBuf};

/// Files of one attempt, outside its worktree.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub(crate) scratch: PathBuf,
    pub(crate) temporary: PathBuf,
    pub(crate) stdin: PathBuf,
    pub(crate) stdout: PathBuf,
    pub(crate) stderr: PathBuf,
    pub(crate) status: PathBuf,
    /// Until when the agent may work without a host.
    pub(crate) lease: PathBuf,
    pub(crate) diff: PathBuf,
    /// What the agent made and its branch does not hold.
    pub(crate) kept: PathBuf,
    /// What every bash below the agent reads first.
    pub(crate) shell: PathBuf,
}

impl Files {
    pub(crate) fn of(folder: &Path) -> Self {
        Self {
            scratch: folder.join("scratch"),
            temporary: folder.join("tmp"),
            stdin: folder.join("stdin"),
            stdout: folder.join("stdout.log"),
            stderr: folder.join("stderr.log"),
            status: folder.join("status"),
            lease: folder.join("lease"),
            diff: folder.join("diff.patch"),
            kept: folder.join("kept"),
            shell: folder.join("shell.sh"),
        }
    }

    /// What the check of that number prints.
    pub(crate) fn check(&self, number: usize) -> PathBuf {
        self.stdout.with_file_name(format!("check-{}.log", number + 1))
    }

    /// What only the agent needed goes with it; the log, the diff and what it was asked stay.
    pub(crate) fn tidy(&self) {
        for folder in [&self.scratch, &self.temporary] {
            match std::fs::remove_dir_all(folder) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    tracing::warn!(folder = %folder.display(), %error, "a folder of an attempt stays");
                }
                _ => {}
            }
        }
    }

    pub(crate) fn make(&self) -> Result<(), Failure> {
        for folder in [&self.scratch, &self.temporary] {
            super::folders::private(folder).map_err(|error| file_failure("make", folder, &error))?;
        }
        Ok(())
    }
}

impl Inner {
    pub(crate) fn attempt_files(&self, run: RunId, attempt: AttemptId) -> Files {
        Files::of(&self.folders.runs.join(run.to_string()).join(attempt.to_string()))
    }
}

pub(crate) fn file_failure(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(FailureClass::Unknown, format!("cannot {what} {}: {error}", path.display()))
        .with_remedy("check the disk and the permissions of the data folder; `jackfield doctor` does")
}
