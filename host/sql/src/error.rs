//! Errors of a database, in classes that mean the same for every driver.

use super::ValueRef;
use std::fmt;
use std::sync::Arc;

/// The result of a call of a driver.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The most characters of a value that an error shows.
const SHOWN: usize = 80;

/// What an error means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorClass {
    /// Somebody else kept what is needed locked for too long.
    Busy,
    /// The disk of the database is full.
    Full,
    /// The database is damaged.
    Corrupt,
    /// It is something else than a database.
    NotADatabase,
    /// It cannot be written.
    ReadOnly,
    /// The connection broke while a transaction was committed: it may be committed or not.
    Unknown,
    /// A constraint of the schema does not allow it.
    Constraint,
    /// A column holds what cannot be read as what it means.
    Unreadable {
        /// The column.
        column: String,
        /// The beginning of what it holds.
        text: String,
    },
    /// Anything else.
    Other,
}

/// An error of a database.
#[derive(Debug, Clone)]
pub struct Error {
    class: ErrorClass,
    cause: Cause,
}

#[derive(Debug, Clone)]
enum Cause {
    Text(String),
    Driver(Arc<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// An error of a driver.
    pub fn new(class: ErrorClass, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { class, cause: Cause::Driver(Arc::new(cause)) }
    }

    /// An error that no driver has reported.
    pub fn other(what: impl Into<String>) -> Self {
        Self { class: ErrorClass::Other, cause: Cause::Text(what.into()) }
    }

    /// A column holds what cannot be read.
    pub fn unreadable(column: impl Into<String>, found: ValueRef<'_>) -> Self {
        let (column, text) = (column.into(), found.to_string().chars().take(SHOWN).collect::<String>());
        let cause = Cause::Text(format!("the column {column} holds '{text}'"));
        Self { class: ErrorClass::Unreadable { column, text }, cause }
    }

    pub(crate) fn no_column(column: impl fmt::Display) -> Self {
        Self::other(format!("the result has no column {column}"))
    }

    /// What it means.
    pub const fn class(&self) -> &ErrorClass {
        &self.class
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Text(text) => f.write_str(text),
            Cause::Driver(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    /// The cause of the driver's error: the driver's error itself is what this one displays.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.cause {
            Cause::Text(_) => None,
            Cause::Driver(error) => error.source(),
        }
    }
}
