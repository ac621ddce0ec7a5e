//! The config of each kind, as its schema has it.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileExists {
    pub(crate) path: String,
    #[serde(default = "one")]
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
}

const fn one() -> u64 {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContentCheck {
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) contains: Texts,
    #[serde(default)]
    pub(crate) not_contains: Texts,
    pub(crate) min_lines: Option<u64>,
    pub(crate) max_lines: Option<u64>,
    #[serde(default)]
    pub(crate) ignore_case: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ArtifactExists {
    pub(crate) kind: String,
    pub(crate) label_contains: Option<String>,
    #[serde(default)]
    pub(crate) min_bytes: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetricThreshold {
    pub(crate) metric: String,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JuryScore {
    pub(crate) threshold: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Command {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) code: i32,
    #[serde(default)]
    pub(crate) contains: Texts,
    #[serde(default)]
    pub(crate) not_contains: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedPaths {
    #[serde(default)]
    pub(crate) forbid: Texts,
    #[serde(default)]
    pub(crate) allow: Texts,
}

/// One text or several.
#[derive(Default, Deserialize)]
#[serde(untagged, expecting = "expected a text or a list of texts")]
pub(crate) enum Texts {
    #[default]
    None,
    One(String),
    Several(Vec<String>),
}

impl Texts {
    /// Each of them.
    ///
    /// # Errors
    /// Where one is empty: everything contains it.
    pub(crate) fn all(&self, what: &str) -> Result<Vec<&str>, String> {
        let texts: Vec<&str> = match self {
            Self::None => Vec::new(),
            Self::One(text) => vec![text],
            Self::Several(texts) => texts.iter().map(String::as_str).collect(),
        };
        if texts.iter().any(|text| text.is_empty()) {
            return Err(alloc::format!("`{what}` holds an empty text"));
        }
        Ok(texts)
    }
}
