//! The id of a skill, which is the name of its folder.

use jackfield_types::clip;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Longest id, bytes.
const LONGEST: usize = 64;

/// The id of a skill: 1 to 64 characters of a to z, 0 to 9 and `-`, without a hyphen at either end or two in a row.
/// It is the name of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SkillId(String);

/// A text that is not the id of a skill.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not the id of a skill: an id has 1 to 64 characters (a to z, 0 to 9, '-'), no '-' at either end and no two in a row"
)]
pub struct InvalidSkillId(String);

impl SkillId {
    /// As stored and shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

impl fmt::Display for SkillId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for SkillId {
    type Err = InvalidSkillId;

    fn from_str(text: &str) -> Result<Self, InvalidSkillId> {
        if is_id(text) { Ok(Self(text.to_owned())) } else { Err(InvalidSkillId(clip(text, LONGEST))) }
    }
}

impl TryFrom<String> for SkillId {
    type Error = InvalidSkillId;

    fn try_from(text: String) -> Result<Self, InvalidSkillId> {
        text.parse()
    }
}

impl From<SkillId> for String {
    fn from(id: SkillId) -> Self {
        id.0
    }
}

#[cfg(feature = "schemas")]
impl schemars::JsonSchema for SkillId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SkillId".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "minLength": 1, "maxLength": LONGEST })
    }
}
