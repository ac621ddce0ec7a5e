//! Online backup of the database.

use crate::handles::Retention;
use jackfield_types::{ErrorCode, Problem, Scope};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A backup that was written and verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// Its path.
    pub file: PathBuf,
    /// Its size, bytes.
    pub bytes: u64,
    /// The database that it copies.
    pub database: PathBuf,
}

impl Retention<'_> {
    /// Copies the database (tasks, runs, events, ledger) as of one moment to a new file that only its owner can read,
    /// and verifies the copy. Work continues meanwhile. Logs, diffs, components and branches are files and
    /// repositories of their own and are not included.
    ///
    /// # Errors
    /// A [`Problem`] if `to` exists or cannot be written, or the database is damaged. No file is left behind.
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
