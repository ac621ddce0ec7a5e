//! What the components in service offer.

use crate::facts::{compressing, driving, gating};
use jackfield_types::PluginRef;
use serde::Serialize;

/// An executor in service.
#[derive(Debug, Clone, Serialize)]
pub struct ExecutorInfo {
    /// Which exactly.
    pub plugin: PluginRef,
    /// What it said of itself, asked once per version.
    pub description: driving::Description,
    /// It runs the instruction as a command: choosers are offered it for tasks of type `command` only.
    pub runs_as_command: bool,
}

/// A level in service.
#[derive(Debug, Clone, Serialize)]
pub struct LevelInfo {
    /// The compressor that offers it.
    pub plugin: PluginRef,
    /// The level.
    pub level: compressing::Level,
}

/// A kind of gate in service.
#[derive(Debug, Clone, Serialize)]
pub struct GateInfo {
    /// The component that offers it.
    pub plugin: PluginRef,
    /// The kind, with the JSON Schema of its config.
    pub kind: gating::GateKind,
}
