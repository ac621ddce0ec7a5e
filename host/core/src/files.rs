//! The files of one attempt, outside its worktree.

use crate::folders::Folders;
use jackfield_redact::Redactor;
use jackfield_types::{AttemptId, Failure, FailureClass, RunId};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Files of one attempt, outside its worktree.
#[derive(Debug, Clone)]
pub struct Files {
    /// A folder of the adapter.
    pub scratch: PathBuf,
    /// The agent's folder for temporary files.
    pub temporary: PathBuf,
    /// The standard input of the agent.
    pub stdin: PathBuf,
    /// Its standard output.
    pub stdout: PathBuf,
    /// Its standard error.
    pub stderr: PathBuf,
    /// How its process ended.
    pub status: PathBuf,
    /// Until when the agent may work without a host.
    pub lease: PathBuf,
    /// The diff of its work.
    pub diff: PathBuf,
    /// What the agent made and its branch does not hold.
    pub kept: PathBuf,
    /// What every bash below the agent reads first.
    pub shell: PathBuf,
}

impl Files {
    /// The files of an attempt in its folder.
    pub fn of(folder: &Path) -> Self {
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
    pub fn check(&self, number: usize) -> PathBuf {
        self.stdout.with_file_name(format!("check-{}.log", number + 1))
    }

    /// What only the agent needed goes with it; the log, the diff and what it was asked stay.
    pub fn tidy(&self) {
        for folder in [&self.scratch, &self.temporary] {
            match std::fs::remove_dir_all(folder) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    tracing::warn!(folder = %folder.display(), %error, "a folder of an attempt stays");
                }
                _ => {}
            }
        }
    }

    /// Creates the folders.
    ///
    /// # Errors
    /// A [`Failure`] if a folder cannot be created.
    pub fn make(&self) -> Result<(), Failure> {
        for folder in [&self.scratch, &self.temporary] {
            jackfield_files::private_folder(folder).map_err(|error| file_failure("make", folder, &error))?;
        }
        Ok(())
    }
}

impl Folders {
    /// The files of an attempt.
    pub fn attempt_files(&self, run: RunId, attempt: AttemptId) -> Files {
        Files::of(&self.runs.join(run.to_string()).join(attempt.to_string()))
    }
}

/// The end of what a program printed, at most so many bytes, without secrets: they are looked for before it is cut.
pub fn tail(file: &Path, most: u64, redactor: &Redactor) -> String {
    let before = most + redactor.margin() as u64;
    let read = || {
        let mut file = std::fs::File::open(file)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(before)))?;
        let mut bytes = Vec::new();
        file.take(before).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    let text = redactor.text(&String::from_utf8_lossy(&read().unwrap_or_default()));
    let from = text.len().saturating_sub(usize::try_from(most).unwrap_or(usize::MAX));
    text.get(text.ceil_char_boundary(from)..).unwrap_or_default().to_owned()
}

/// The failure to `what` a file.
pub fn file_failure(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(FailureClass::Unknown, format!("cannot {what} {}: {error}", path.display()))
        .with_remedy("check the disk and the permissions of the data folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_at_the_cut_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log");
        let value = "sk-0123456789-abcdefghij";
        let redactor = Redactor::new([("KEY".to_owned(), value.to_owned())]);
        for cut in 0..value.len() {
            std::fs::write(&file, format!("{}{value}{}", "x".repeat(100_000), "y".repeat(cut))).unwrap();
            let kept = tail(&file, value.len() as u64, &redactor);
            assert!(!kept.contains("ghij") && !kept.contains("6789"), "{kept}");
        }
        assert_eq!(tail(&folder.path().join("none"), 5, &redactor), "");
    }
}
