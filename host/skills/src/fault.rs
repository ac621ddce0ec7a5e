//! A reason why a folder is not a valid skill.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A reason why a folder is not a valid skill, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Fault {
    /// The path of the file below the folder of the skill; `.` for the folder itself.
    pub file: String,
    /// The line, from 1.
    pub line: Option<u32>,
    /// What failed and why.
    pub message: String,
}

impl Fault {
    pub(crate) fn of(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, message: message.into() }
    }

    pub(crate) fn at(file: &str, line: u32, message: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::of(file, message) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}
