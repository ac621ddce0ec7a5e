//! What differs by database beside the statements: connections, the schema's versions, space, backups.

use super::{Connection, Error};
use std::path::{Path, PathBuf};

/// A database that holds the records.
pub trait Backend: Send + Sync {
    /// The file of the database, or its address, for messages.
    fn place(&self) -> &Path;

    /// Opens a connection that can write.
    fn writer(&self) -> Result<Connection, BackendError>;

    /// Opens a connection that can only read.
    fn reader(&self) -> Result<Connection, BackendError>;

    /// Runs the migrations that the schema lacks, all in one transaction. An up-to-date schema is only read.
    fn migrate(&self, conn: &Connection, migrations: &[&str]) -> Result<(), BackendError>;

    /// Checks that the database is still the one that was opened. Called before and after every write.
    fn check(&self) -> Result<(), BackendError>;

    /// The size of the database, and how much of it is free.
    fn space(&self, conn: &Connection) -> Result<Space, Error>;

    /// Returns free pages to the file system, within a write transaction.
    fn give_back(&self, conn: &Connection, pages: u64) -> Result<(), Error>;

    /// Returns the space of the log to the file system, as far as nobody uses it. Called outside transactions.
    fn trim_log(&self) -> Result<(), BackendError>;

    /// Rewrites the database without gaps. Blocks all writers.
    fn compact(&self) -> Result<(), BackendError>;

    /// Copies the database as of one moment to a new file and verifies the copy. Returns its size in bytes. A failed
    /// backup leaves no file.
    fn backup(&self, to: &Path) -> Result<u64, BackendError>;
}

/// The size of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// In bytes.
    pub bytes: u64,
    /// The number of free pages to return in the next step; `None` if there is nothing to return.
    pub surplus: Option<u64>,
}

/// Why a backend cannot do its part.
#[derive(Debug, Clone, thiserror::Error)]
#[allow(missing_docs)]
pub enum BackendError {
    /// The data folder cannot be used.
    #[error("the data folder {} cannot be used: {why}", path.display())]
    Folder { path: PathBuf, why: String },
    /// The schema is of a later version.
    #[error("the schema is version {found}, this program knows {known}")]
    Newer { found: i64, known: i64 },
    /// The database is another program's, or none.
    #[error("it is not a Jackfield database")]
    Foreign,
    /// The database is not the one that was opened.
    #[error("the database was deleted, emptied or replaced")]
    Replaced,
    /// The database is empty, but files of runs are there.
    #[error("{} is empty, but {} holds files of runs", path.display(), runs.display())]
    Emptied { path: PathBuf, runs: PathBuf },
    /// There is something at the place of the backup.
    #[error("the backup exists already")]
    BackupExists,
    /// The backup was not written.
    #[error("failed to write the backup: {0}")]
    Backup(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] Error),
}
