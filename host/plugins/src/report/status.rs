//! One component as a list of components shows it.

use super::path::any_name;
use super::state::{Compiled, State};
use crate::grants::Grant;
use crate::stats::Figures;
use jackfield_types::{Digest, PluginKind, PluginRef, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// One component, in service or not.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct PluginStatus {
    /// Its kind, where that is known yet.
    pub kind: Option<PluginKind>,
    /// Its own name, where that is known yet.
    pub name: Option<String>,
    /// Its own version, where that is known yet.
    pub version: Option<String>,
    /// sha256 of its bytes, where they are whole.
    pub digest: Option<Digest>,
    /// The file it came in; none: embedded. Bytes of its name that are no UTF-8 stand as `\xE9`.
    #[serde(serialize_with = "any_name")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    pub file: Option<PathBuf>,
    /// Where it is on its way.
    pub state: State,
    /// Why, where there is something to say; with the line that grants, for one that is held.
    pub reason: Option<String>,
    /// What it asks for and was not granted, while it is held for that.
    #[serde(default, skip_serializing_if = "Grant::is_empty")]
    pub missing: Grant,
    /// The digest that an operator pinned its kind and name to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Digest>,
    /// What it serves in the place of, or would if it were granted what it asks for.
    pub replaces: Option<Replaces>,
    /// How its code was made, while it serves.
    pub compiled: Option<Compiled>,
    /// Calls that it was given since this host began.
    pub calls: u64,
    /// Calls of these that it failed.
    pub failures: u64,
    /// How it has done, where it serves or could.
    pub figures: Option<Figures>,
    /// Since when it has been in this state.
    pub since: Timestamp,
    /// The decisions that it is asked for: `choose`, `level brief`, `gate content_check`, `executor claude`, ... One
    /// that serves and is asked for none stands behind another.
    #[serde(default)]
    pub asked_for: Vec<String>,
}

/// What a component serves in the place of, or would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Replaces {
    /// Which.
    pub plugin: PluginRef,
    /// It came with the host.
    pub shipped: bool,
}

impl fmt::Display for Replaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PluginRef { kind, name, version, digest } = &self.plugin;
        let shipped = if self.shipped { "the shipped " } else { "" };
        write!(f, "{shipped}{kind} {name} {version} (digest {})", digest.short())
    }
}
