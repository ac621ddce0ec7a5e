//! The gates as a component: the world's exports over the host's evidence.

#![allow(unsafe_code, reason = "the canonical ABI of the exports is generated")]

use crate::bindings::exports::jackfield::plugin::{about, gating};
use crate::bindings::jackfield::plugin::evidence;
use crate::facts::{Artifact, ChangedPath, CommandResult, GateKind, Ruling};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

struct Component;

struct Host;

impl crate::Evidence for Host {
    fn files(&self, pattern: &str) -> Result<Vec<String>, String> {
        evidence::files(pattern)
    }

    fn read(&self, path: &str, most: u32) -> Result<Vec<u8>, String> {
        evidence::read(path, most)
    }

    fn artifacts(&self) -> Vec<Artifact> {
        evidence::artifacts()
    }

    fn metric(&self, name: &str) -> Option<f64> {
        evidence::metric(name)
    }

    fn commands(&self) -> Vec<CommandResult> {
        evidence::commands()
    }

    fn changed(&self) -> Result<Vec<ChangedPath>, String> {
        evidence::changed()
    }
}

impl about::Guest for Component {
    fn identify() -> about::Identity {
        about::Identity {
            name: "gates".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "Checks files, their content, changes, artifacts, figures and the results of checks."
                .to_owned(),
        }
    }
}

impl gating::Guest for Component {
    fn kinds() -> Vec<GateKind> {
        crate::kinds()
    }

    fn evaluate(kind: String, config: String) -> Result<Ruling, String> {
        crate::evaluate(&kind, &config, &Host)
    }
}

crate::bindings::export!(Component with_types_in crate::bindings);
