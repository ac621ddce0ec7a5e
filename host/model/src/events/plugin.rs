//! Payloads of what happens to components.

use jackfield_types::{Digest, PluginKind, PluginRef, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A component has another standing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ComponentReported {
    /// A version of a component. The subject of the event is its kind and name.
    Version {
        /// The version.
        plugin: PluginRef,
        /// Why, in a sentence.
        reason: String,
        /// How it came to that; null where that is not known.
        details: Option<ComponentReceipt>,
    },
    /// A file that is not a component that is known by name. The subject of the event is the name of the file.
    File {
        /// Why, in a sentence.
        why: String,
        /// How it came to that.
        receipt: ComponentReceipt,
    },
}

/// How a component came to its standing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ComponentReceipt {
    /// When.
    pub at: Timestamp,
    /// What became of it.
    pub change: ComponentChange,
    /// Its kind, where that is known.
    pub kind: Option<PluginKind>,
    /// Its name, where that is known.
    pub name: Option<String>,
    /// Its version, where that is known.
    pub version: Option<String>,
    /// Its file; none if it is embedded.
    pub file: Option<String>,
    /// The version that served under this kind and name before.
    pub from: Option<Digest>,
    /// The version that serves now, or the one that was not taken.
    pub to: Option<Digest>,
    /// Why, in a sentence.
    pub why: String,
    /// How long each step took.
    pub steps: Vec<ComponentStep>,
}

/// What became of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ComponentChange {
    /// It serves.
    Serving,
    /// The same version serves, in better code.
    Optimised,
    /// It was not taken.
    Rejected,
    /// It waits for a grant.
    Held,
    /// It misbehaved.
    Quarantined,
    /// It serves no more.
    Retired,
}

/// How long one step took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ComponentStep {
    /// The step: `parsing`, `linking`, `compiling`, ...
    pub step: String,
    /// Microseconds.
    pub micros: u64,
}

/// An operator granted a component something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Granted {
    /// What was granted.
    pub grant: GrantedParts,
}

/// What a component may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct GrantedParts {
    /// Programs that it may have started.
    pub programs: BTreeSet<String>,
    /// Environment names whose values may reach those programs.
    pub environment: BTreeSet<String>,
    /// Interfaces of the host that it may call.
    pub imports: BTreeSet<String>,
}

/// An operator pinned a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Pinned {
    /// The version that served before.
    pub from: Option<Digest>,
    /// The version that it is pinned to.
    pub to: Digest,
}

/// An operator rolled a component back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RolledBack {
    /// The version that served before.
    pub from: Option<Digest>,
    /// The version that it is pinned to; none if the component was quarantined.
    pub to: Option<Digest>,
}
