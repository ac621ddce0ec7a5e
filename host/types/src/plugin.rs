//! Kinds of component, and which one served a call.

use crate::Digest;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a component decides. One WIT world each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum PluginKind {
    Executor,
    Chooser,
    Compressor,
    Gate,
    Judge,
}

/// No such kind of component.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a kind of plugin: kinds are executor, chooser, compressor, gate and judge")]
pub struct UnknownKind(String);

impl PluginKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Executor, Self::Chooser, Self::Compressor, Self::Gate, Self::Judge];

    /// As written in the WIT, the database and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Executor => "executor",
            Self::Chooser => "chooser",
            Self::Compressor => "compressor",
            Self::Gate => "gate",
            Self::Judge => "judge",
        }
    }
}

impl fmt::Display for PluginKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for PluginKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// The exact component that made a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct PluginRef {
    /// What it decides.
    pub kind: PluginKind,
    /// Its own name.
    pub name: String,
    /// Its own semantic version.
    pub version: String,
    /// sha256 of its bytes.
    pub digest: Digest,
}

impl fmt::Display for PluginRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} ({})", self.kind, self.name, self.version, self.digest.short())
    }
}
