//! The id of a commit, so that a branch name or a message is never taken for one.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A commit's full id: 40 or 64 lowercase hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Commit(String);

/// What was given as a commit is not a full commit id.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a full commit id (40 or 64 hexadecimal digits)")]
pub struct InvalidCommit(String);

impl Commit {
    /// The full id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 10 digits: enough for a person to find it.
    pub fn short(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }
}

impl TryFrom<String> for Commit {
    type Error = InvalidCommit;

    fn try_from(text: String) -> Result<Self, InvalidCommit> {
        let hex = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if hex && matches!(text.len(), 40 | 64) { Ok(Self(text)) } else { Err(InvalidCommit(text)) }
    }
}

impl From<Commit> for String {
    fn from(commit: Commit) -> Self {
        commit.0
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Commit({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_id_is_a_commit() {
        let full = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(Commit::try_from(full.to_owned()).unwrap().short(), "0123456789");
        for bad in ["", "HEAD", "0123456", &full.to_uppercase(), &format!("{full}\n"), "--all"] {
            assert!(Commit::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
