//! Receipts: what became of a component.

use super::path::{any_name, utf8};
use super::state::StepTime;
use jackfield_types::{Digest, PluginKind, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// What became of one component, with its receipt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PluginEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub change: Change,
    /// Its kind, where that is known.
    pub kind: Option<PluginKind>,
    /// Its own name, where that is known.
    pub name: Option<String>,
    /// Its own version, where that is known.
    pub version: Option<String>,
    /// The file it came in; none: embedded.
    #[serde(serialize_with = "any_name")]
    pub file: Option<PathBuf>,
    /// What served under this kind and name until now.
    pub from: Option<Digest>,
    /// What serves now, or the bytes that were not taken.
    pub to: Option<Digest>,
    /// Why, in one sentence for the operator.
    pub why: String,
    /// How long each step took.
    pub steps: Vec<StepTime>,
}

impl PluginEvent {
    /// The file as text; what is no UTF-8 stands as `\xE9`.
    pub fn file_text(&self) -> Option<String> {
        self.file.as_deref().map(utf8)
    }
}

/// What can become of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// New calls go to it.
    Serving,
    /// The same version goes on, in better code.
    Optimised,
    /// Not taken.
    Rejected,
    /// Waiting for a grant.
    Held,
    /// Put away for misbehaving.
    Quarantined,
    /// Out of service.
    Retired,
}

impl Change {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Optimised => "optimised",
            Self::Rejected => "rejected",
            Self::Held => "held",
            Self::Quarantined => "quarantined",
            Self::Retired => "retired",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
