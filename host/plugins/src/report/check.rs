//! What would happen to a file if it were dropped.

use super::path::name;
use super::state::{State, StepTime};
use super::status::Replaces;
use crate::grants::Grant;
use jackfield_types::{Digest, PluginRef};
use serde::Serialize;
use std::path::PathBuf;

/// The answer of a dry run: what would happen to this file if it were dropped.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    /// The file.
    #[serde(serialize_with = "name")]
    pub file: PathBuf,
    /// Bytes.
    pub size: u64,
    /// sha256 of its bytes.
    pub digest: Digest,
    /// The steps that it came through, and the one where it stopped.
    pub steps: Vec<StepTime>,
    /// Who it is, where it came that far.
    pub plugin: Option<PluginRef>,
    /// One sentence, its own.
    pub summary: Option<String>,
    /// Everything that it imports.
    pub imports: Vec<String>,
    /// Everything that it exports.
    pub exports: Vec<String>,
    /// Programs and environment names that it asks for.
    pub asks: Grant,
    /// An executor that runs the instruction as a command.
    pub runs_as_command: bool,
    /// What would serve no more if it did.
    pub replaces: Option<Replaces>,
    /// What would happen.
    pub verdict: CheckVerdict,
}

/// What would happen to a file if it were dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum CheckVerdict {
    /// It would serve at once.
    WouldServe,
    /// It would wait for this grant.
    WouldBeHeld {
        /// What is missing.
        missing: Grant,
        /// The line to add under `[grants]`.
        line: String,
    },
    /// It would not be taken.
    WouldBeRejected {
        /// The step at which it stopped.
        step: State,
        /// Why, and what to do.
        reason: String,
    },
    /// It is sound, and may not serve as things stand: another is pinned, or the components are locked.
    Barred {
        /// Why, and what to do.
        reason: String,
    },
    /// These very bytes misbehaved in service before.
    Quarantined {
        /// How.
        reason: String,
    },
}
