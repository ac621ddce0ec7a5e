//! What a gate is shown of a worktree, whoever says what there is: an attempt that has ended, or an author's case.

use jackfield_plugins::Evidence;
use jackfield_plugins::facts::gating::{Artifact, CommandResult};
use jackfield_workspace::View;
use std::collections::BTreeMap;
use tempfile::TempDir;

/// Something to look at.
pub(crate) struct Seen {
    pub(crate) view: View,
    pub(crate) artifacts: Vec<Artifact>,
    pub(crate) metrics: BTreeMap<String, f64>,
    pub(crate) commands: Vec<CommandResult>,
    /// A folder that was made for this alone, and goes with it.
    pub(crate) _made: Option<TempDir>,
}

impl Evidence for Seen {
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
}
