//! What is remembered of one configuration of git while agents are at work, in a file beside it: see `trust.rs`.

use crate::settings::{Commands, Settings};
use crate::{WorkspaceError, removal};
use jackfield_types::AttemptId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

/// The file of a repository.
pub(crate) const OF_REPOSITORY: &str = "jackfield.settings";
/// The file of the user's own configuration.
pub(crate) const OF_USER: &str = "settings";

/// What is remembered of one configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// Attempts that are at work.
    pub(crate) working: BTreeSet<AttemptId>,
    /// What was trusted when the first of them began.
    trusted: Commands,
    /// What came while an attempt was at work, and is there still.
    added: Commands,
    /// The file does not read: nothing is trusted.
    #[serde(skip)]
    damaged: bool,
}

impl Memory {
    pub(crate) fn read(file: &Path) -> Result<Option<Self>, WorkspaceError> {
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(WorkspaceError::file("read", file)(error)),
        };
        Ok(Some(serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            tracing::warn!(file = %file.display(), %error, "the file is damaged: no filter is trusted");
            Self { damaged: true, ..Self::default() }
        })))
    }

    pub(crate) fn write(&self, file: &Path) -> Result<(), WorkspaceError> {
        if self.working.is_empty() && self.added.is_empty() {
            return removal::forget(file);
        }
        let next = file.with_extension("next");
        let bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        fs::write(&next, bytes)
            .and_then(|()| fs::rename(&next, file))
            .map_err(WorkspaceError::file("write", file))
    }

    /// What of `now` is trusted.
    pub(crate) fn judge(&mut self, now: &Commands) -> &Commands {
        if self.working.is_empty() && !self.damaged {
            self.added.retain(|key, value| now.get(key) == Some(value));
            let trusted = now.iter().filter(|(key, value)| self.added.get(*key) != Some(*value));
            self.trusted = trusted.map(|(key, value)| (key.clone(), value.clone())).collect();
        }
        &self.trusted
    }

    /// Takes note of what is there `now` and was not `trusted` when the attempt began. Gives the keys of which
    /// that was not known.
    pub(crate) fn review(&mut self, trusted: &Commands, now: &Commands) -> Vec<String> {
        self.trusted.clone_from(trusted);
        let came = now.iter().filter(|(key, value)| trusted.get(*key) != Some(*value));
        let came: Commands = came.map(|(key, value)| (key.clone(), value.clone())).collect();
        let fresh = came.iter().filter(|(key, value)| self.added.get(*key) != Some(*value));
        let fresh = fresh.map(|(key, _)| key.clone()).collect();
        self.added = came;
        fresh
    }
}

/// Whether an agent is at work in a repository or has added something to its configuration.
pub(crate) fn is_remembered(common: &Path) -> bool {
    common.join(OF_REPOSITORY).is_file()
}

/// What is trusted in a repository now, for who only looks at it.
pub(crate) fn of_repository(common: &Path, now: &Settings) -> Result<Commands, WorkspaceError> {
    trusted(&common.join(OF_REPOSITORY), &now.repository)
}

/// What of the configuration `now` the file trusts.
pub(crate) fn trusted(file: &Path, now: &Commands) -> Result<Commands, WorkspaceError> {
    Ok(Memory::read(file)?.unwrap_or_default().judge(now).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands<const N: usize>(pairs: [(&str, &str); N]) -> Commands {
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
    }

    #[test]
    fn a_command_is_trusted_only_if_it_came_while_nothing_was_at_work() {
        let (lfs, evil) = (("filter.lfs.clean", "git-lfs"), ("filter.d.clean", "evil"));
        let (first, second) = (AttemptId::new(), AttemptId::new());
        let mut memory = Memory::default();
        assert_eq!(memory.judge(&commands([lfs])), &commands([lfs]));
        memory.working.insert(first);
        // Another begins while the first has added something: it is not trusted, whoever notices first.
        assert_eq!(memory.judge(&commands([lfs, evil])), &commands([lfs]));
        memory.working.insert(second);
        assert_eq!(memory.review(&commands([lfs]), &commands([lfs, evil])), ["filter.d.clean"]);
        assert_eq!(memory.review(&commands([lfs]), &commands([lfs, evil])), Vec::<String>::new());
        memory.working.clear();
        assert_eq!(memory.judge(&commands([lfs, evil])), &commands([lfs]), "it stays untrusted");
        let other = ("filter.d.clean", "cat");
        assert_eq!(memory.judge(&commands([lfs, other])), &commands([lfs, other]), "the user has changed it");
        assert_eq!(memory.added, Commands::new());
    }
}
