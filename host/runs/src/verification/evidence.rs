//! What a gate is shown of a worktree, whoever says what there is: an attempt that has ended, or an author's case.

use jackfield_plugins::Evidence;
use jackfield_plugins::facts::gating::{Artifact, ChangedPath, CommandResult};
use jackfield_plugins::facts::types;
use jackfield_workspace::{ChangeKind, ChangedFile, View};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};
use tempfile::TempDir;

/// What a gate may read of a worktree: files, artifacts, metrics, results of checks, changes.
pub struct WorktreeEvidence {
    /// The files of the worktree.
    pub view: View,
    /// What the attempt made.
    pub artifacts: Vec<Artifact>,
    /// Figures by name, in the unit that the name says.
    pub metrics: BTreeMap<String, f64>,
    /// The results of checks.
    pub commands: Vec<CommandResult>,
    /// Every changed file; or why that is not known.
    pub changed: Result<Vec<ChangedPath>, String>,
    /// The diff against the base; or why there is none.
    pub diff: Result<Diff, String>,
    /// A folder that was made for this alone, and goes with it.
    pub made: Option<TempDir>,
}

/// Where a diff is.
pub enum Diff {
    /// In this file.
    File(PathBuf),
    /// This text.
    Text(String),
}

impl Evidence for WorktreeEvidence {
    fn files(&self, pattern: &str) -> Result<Vec<String>, String> {
        self.view.files(pattern).map_err(|error| error.to_string())
    }

    fn read(&self, path: &str, most: u32) -> Result<Vec<u8>, String> {
        self.view.read(path, most).map_err(|error| error.to_string())
    }

    fn artifacts(&self) -> Vec<Artifact> {
        self.artifacts.clone()
    }

    fn metric(&self, name: &str) -> Option<f64> {
        self.metrics.get(name).copied()
    }

    fn commands(&self) -> Vec<CommandResult> {
        self.commands.clone()
    }

    fn changed(&self) -> Result<Vec<ChangedPath>, String> {
        self.changed.clone()
    }

    fn diff(&self, start: u64, most: u32) -> Result<Vec<u8>, String> {
        match self.diff.as_ref()? {
            Diff::Text(text) => {
                let start = usize::try_from(start).unwrap_or(usize::MAX).min(text.len());
                let rest = text.as_bytes().get(start..).unwrap_or_default();
                Ok(rest.iter().copied().take(usize::try_from(most).unwrap_or(usize::MAX)).collect())
            }
            Diff::File(path) => {
                piece(path, start, most).map_err(|error| format!("the diff cannot be read: {error}"))
            }
        }
    }
}

fn piece(path: &Path, start: u64, most: u32) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(u64::from(most)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// As a gate is told of a change in a worktree, whose task works in `within` of it.
pub(crate) fn changed_path(file: &ChangedFile, within: &Path) -> ChangedPath {
    let (was, kind) = match &file.kind {
        ChangeKind::Added => (None, types::ChangeKind::Added),
        ChangeKind::Modified => (None, types::ChangeKind::Modified),
        ChangeKind::Deleted => (None, types::ChangeKind::Deleted),
        ChangeKind::Renamed { from } => (Some(seen_from(from, within)), types::ChangeKind::Renamed),
    };
    ChangedPath { path: seen_from(&file.path, within), was, kind }
}

/// A path below the top of a worktree as it is called from a folder of it.
fn seen_from(path: &Path, within: &Path) -> String {
    let own = |path: &Path| -> Vec<_> {
        let parts = path.components().filter(|part| matches!(part, Component::Normal(_)));
        parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
    };
    let (path, within) = (own(path), own(within));
    let shared = path.iter().zip(&within).take_while(|(one, other)| one == other).count();
    let up = within.iter().skip(shared).map(|_| "..".to_owned());
    up.chain(path.iter().skip(shared).cloned()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_path_is_relative_to_the_folder_of_the_task() {
        for (path, within, told) in [
            ("secret/key", "", "secret/key"),
            ("site/secret/key", "site", "secret/key"),
            ("other/key", "site", "../other/key"),
            ("a/b/x", "a/c/d", "../../b/x"),
            ("sitemap", "site", "../sitemap"),
        ] {
            assert_eq!(seen_from(Path::new(path), Path::new(within)), told);
        }
    }

    #[test]
    fn diff_is_read_in_pieces_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("diff.patch");
        std::fs::write(&path, "0123456789").unwrap();
        assert_eq!(piece(&path, 0, 4).unwrap(), b"0123");
        assert_eq!(piece(&path, 8, 4).unwrap(), b"89");
        assert_eq!(piece(&path, 10, 4).unwrap(), b"");
        assert_eq!(piece(&path, u64::from(u32::MAX), 4).unwrap(), b"");
    }
}
