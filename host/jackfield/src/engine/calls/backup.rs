//! A copy of the records while everything goes on.

use super::super::handles::Retention;
use jackfield_types::{ErrorCode, Problem, Scope};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A backup that was made and checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// Where it is.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// What it is a backup of, and where it is put back.
    pub database: PathBuf,
}

impl Retention<'_> {
    /// Copies the records (tasks, runs, events, ledger) as they stand at one moment to a new file that only
    /// its owner can read, while work goes on, and checks the copy. Logs, diffs, components and branches are
    /// files and repositories of their own, and not in it.
    ///
    /// # Errors
    /// A [`Problem`] where there is something at that path, it cannot be written, or the records are damaged.
    /// Nothing is left there then.
    pub async fn backup(self, to: &Path) -> Result<Backup, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let to = std::path::absolute(to).map_err(|error| {
            Problem::caller(
                ErrorCode::BadPath,
                format!("{}: {error}", to.display()),
                "name a file that can be made",
            )
        })?;
        let copied = self.0.inner.store.backup(&to).await?;
        Ok(Backup { file: to, bytes: copied.bytes, database: self.0.inner.store.file().to_owned() })
    }
}
