//! Jackfield's own gates: is a file there, does it say what it should, is an artifact there, does a figure
//! keep within its bounds, which files were changed, and what did a check come to.
//!
//! Invariants: a config that makes no sense is refused before anything is asked of the evidence; a gate
//! that finds nothing to look at does not pass; the message of a gate that fails names what is missing and
//! where, because the next agent reads it.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod bindings;
#[cfg(target_family = "wasm")]
mod component;
mod config;
mod content;
mod glob;
mod kinds;
mod paths;
mod rule;
#[cfg(test)]
mod tests;

/// What a gate is asked and what it answers, as `wit/gate.wit` has it.
pub mod facts {
    pub use crate::bindings::exports::jackfield::plugin::gating::{GateKind, Measurement, Ruling};
    pub use crate::bindings::jackfield::plugin::evidence::{Artifact, ChangedPath, CommandResult};
}

pub use kinds::kinds;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use facts::{Artifact, ChangedPath, CommandResult, Ruling};
use serde::Deserialize;

/// What a gate may look at; each as `wit/gate.wit` has it.
#[allow(missing_docs, reason = "the WIT says what each is")]
pub trait Evidence {
    fn files(&self, pattern: &str) -> Result<Vec<String>, String>;
    fn read(&self, path: &str, most: u32) -> Result<Vec<u8>, String>;
    fn artifacts(&self) -> Vec<Artifact>;
    fn metric(&self, name: &str) -> Option<f64>;
    fn commands(&self) -> Vec<CommandResult>;
    fn changed(&self) -> Result<Vec<ChangedPath>, String>;
}

/// One gate's ruling.
///
/// # Errors
/// Where the kind is not one of [`kinds`], or the config does not fit it.
pub fn evaluate(kind: &str, config: &str, evidence: &impl Evidence) -> Result<Ruling, String> {
    match kind {
        "file_exists" => read(config).and_then(|config| rule::file_exists(&config, evidence)),
        "content_check" => read(config).and_then(|config| content::content_check(&config, evidence)),
        "artifact_exists" => read(config).and_then(|config| rule::artifact_exists(&config, evidence)),
        "metric_threshold" => read(config).and_then(|config| rule::metric_threshold(&config, evidence)),
        "jury_score" => read(config).and_then(|config| rule::jury_score(&config, evidence)),
        "changed_paths" => read(config).and_then(|config| paths::changed_paths(&config, evidence)),
        "command" => read(config).and_then(|config| rule::command(&config, evidence)),
        other => {
            let known: Vec<_> = kinds().into_iter().map(|kind| kind.name).collect();
            Err(format!("there is no gate '{other}' here; there is {}", known.join(", ")))
        }
    }
}

fn read<'a, T: Deserialize<'a>>(config: &'a str) -> Result<T, String> {
    serde_json::from_str(config).map_err(|error| error.to_string())
}

jackfield_sdk::runtime!();
