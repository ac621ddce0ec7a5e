//! Which files an attempt changed, as git lists them.
//!
//! Git's `-z` forms are read, so a name may hold any byte but NUL.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One file that an attempt changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// Relative to the top of the worktree. Exact in memory; bytes that are no text are replaced
    /// where it is serialised.
    #[serde(with = "as_text")]
    pub path: PathBuf,
    /// What happened to it.
    pub kind: ChangeKind,
    /// Lines added; 0 where binary.
    pub added: u64,
    /// Lines removed; 0 where binary.
    pub removed: u64,
    /// It has no lines.
    pub binary: bool,
}

/// What happened to a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// Its content, mode or type changed.
    Modified,
    /// It is gone.
    Deleted,
    /// It has another name, and perhaps other content.
    Renamed {
        /// The name that it had.
        #[serde(with = "as_text")]
        from: PathBuf,
    },
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::path::{Path, PathBuf};

    pub(super) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&path.to_string_lossy())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        String::deserialize(from).map(PathBuf::from)
    }
}
