//! Digests of files and of a whole skill.

use jackfield_types::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A file of a skill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct SkillFile {
    /// Relative to the folder of the skill, with `/` between its parts.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// The sha256 of the content.
    pub digest: Digest,
}

/// The sha256 of some bytes.
pub(crate) fn of_bytes(bytes: &[u8]) -> Digest {
    Digest::from_bytes(Sha256::digest(bytes).into())
}

/// The digest of a skill: the sha256 of the lines `path`, a zero byte, the 64 hexadecimal digits of the file's sha256
/// and a line feed, sorted by path.
///
/// This is the rule of the draft "Agent Skills Discovery via Well-Known URIs", so it can be compared with the digest
/// that a catalogue publishes.
pub fn digest(files: &[SkillFile]) -> Digest {
    let mut sorted: Vec<&SkillFile> = files.iter().collect();
    sorted.sort_by(|one, other| one.path.cmp(&other.path));
    let lines: String = sorted.iter().map(|file| format!("{}\0{}\n", file.path, file.digest)).collect();
    of_bytes(lines.as_bytes())
}
