//! Everything about one component, or about one file.

use super::check::CheckReport;
use super::makeup::Makeup;
use super::status::PluginStatus;
use crate::facts::{compressing, driving, gating};
use crate::grants::Grant;
use crate::limits::Limits;
use jackfield_types::PluginRef;
use serde::Serialize;

/// Everything about one component.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Inspection {
    /// Where it is.
    pub status: PluginStatus,
    /// One sentence, its own.
    pub summary: String,
    /// Everything that it imports: the whole of what it can reach.
    pub imports: Vec<String>,
    /// Everything that it exports.
    pub exports: Vec<String>,
    /// Programs and environment names that it asks for.
    pub asks: Grant,
    /// What of that it was granted; a shipped one, to the last byte, carries its grants.
    pub granted: Grant,
    /// What the operator granted under its kind and name, whichever component has it.
    pub granted_to_name: Grant,
    /// An executor that runs the instruction as a command: choosers are offered it for tasks of type `command` only.
    pub runs_as_command: bool,
    /// What each call may use.
    pub limits: Limits,
    /// What it is made of.
    pub makeup: Makeup,
    /// An executor's description.
    #[cfg_attr(feature = "schemas", schemars(with = "Option<serde_json::Map<String, serde_json::Value>>"))]
    pub description: Option<driving::Description>,
    /// What a shipped executor takes under `[executors.NAME.settings]`.
    pub settings: Vec<Setting>,
    /// A compressor's levels.
    #[cfg_attr(feature = "schemas", schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>"))]
    pub levels: Vec<compressing::Level>,
    /// What a judge rates on.
    pub dimensions: Vec<String>,
    /// A gate's kinds.
    #[cfg_attr(feature = "schemas", schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>"))]
    pub gates: Vec<gating::GateKind>,
    /// Versions that served before it under the same kind and name, oldest first.
    pub before: Vec<PluginRef>,
}

/// A setting of an executor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Setting {
    /// As it is written in the configuration.
    pub name: String,
    /// What it does, and the values that it takes.
    pub meaning: String,
}

/// Everything about a file: what would happen to it, and what it is made of.
#[derive(Debug, Clone, Serialize)]
pub struct FileInspection {
    /// What would happen if it were dropped.
    #[serde(flatten)]
    pub check: CheckReport,
    /// What of what it asks for it was granted.
    pub granted: Grant,
    /// What each call may use, where its kind and name are known.
    pub limits: Option<Limits>,
    /// What it is made of.
    pub makeup: Makeup,
}
