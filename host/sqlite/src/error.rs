//! Errors of SQLite by what they mean.

use jackfield_sql::{BackendError, Error, ErrorClass};
use rusqlite::ErrorCode;

/// An error of SQLite, with its class.
pub(crate) fn failed(error: rusqlite::Error) -> Error {
    let class = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ErrorClass::Busy,
        Some(ErrorCode::DiskFull) => ErrorClass::Full,
        Some(ErrorCode::DatabaseCorrupt) => ErrorClass::Corrupt,
        Some(ErrorCode::NotADatabase) => ErrorClass::NotADatabase,
        Some(ErrorCode::ReadOnly) => ErrorClass::ReadOnly,
        Some(ErrorCode::ConstraintViolation) => ErrorClass::Constraint,
        _ => ErrorClass::Other,
    };
    Error::new(class, error)
}

/// An error of opening or keeping the file.
pub(crate) fn unusable(error: rusqlite::Error) -> BackendError {
    match failed(error) {
        error if *error.class() == ErrorClass::NotADatabase => BackendError::Foreign,
        error => BackendError::Database(error),
    }
}
