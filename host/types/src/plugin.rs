//! Kinds of component, and which one served a call.

use crate::Digest;
use crate::words::words;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

words! {
    /// The decision that a component makes. Each kind has a WIT world of its own.
    PluginKind {
        /// How an agent program is called, and what its output means.
        Executor = "executor",
        /// Who works on a task, and what follows an attempt.
        Chooser = "chooser",
        /// The text of an answer.
        Compressor = "compressor",
        /// Whether the evidence of an attempt is good enough.
        Gate = "gate",
        /// Which of several results is the best.
        Judge = "judge",
    }
}

/// No such kind of component.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a kind of plugin: kinds are executor, chooser, compressor, gate and judge")]
pub struct UnknownKind(String);

impl FromStr for PluginKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::parse(text).ok_or_else(|| UnknownKind(text.to_owned()))
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
