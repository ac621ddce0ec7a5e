//! Drives the `codex` program: says how to start it, and reads the JSON lines that
//! `codex exec --json` writes.
//!
//! Invariants: nothing is ever run here; the verdict comes from the terminal event and never from
//! the exit code alone; the running total that codex reports for a whole thread is turned into
//! what this attempt used; a line that is not understood is handed on as it came.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod describe;
mod item;
mod line;
mod plan;
mod probes;
mod provider;
mod reading;
mod settings;
mod stderr;
mod usage;
mod verdict;

jackfield_sdk::runtime!();

/// What the `executor` world looks like from inside this component.
#[allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, clippy::indexing_slicing)]
pub mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "executor" });

    // Natively, several adapters may be linked into one program; their exports would clash.
    #[cfg(target_family = "wasm")]
    export!(Component with_types_in self);
    #[cfg(target_family = "wasm")]
    use crate::Codex as Component;
}

pub use bindings::exports::jackfield::plugin::{about, driving, instructing};
pub use reading::Reading;

use alloc::string::ToString;
use alloc::vec::Vec;
use driving::{Command, Description, Failure, Health, Probe, ProbeResult, Request};

/// The component.
#[derive(Debug)]
pub struct Codex;

impl about::Guest for Codex {
    fn identify() -> about::Identity {
        about::Identity {
            name: "codex".to_string(),
            version: env!("CARGO_PKG_VERSION").to_string(),
            summary: "Drives OpenAI's codex program (codex exec).".to_string(),
        }
    }
}

impl instructing::Guest for Codex {
    fn runs_as_command() -> bool {
        false
    }
}

impl driving::Guest for Codex {
    type Reading = Reading;

    fn describe() -> Description {
        describe::description()
    }

    fn probes() -> Vec<Probe> {
        probes::probes()
    }

    fn read_probes(results: Vec<ProbeResult>, present: Vec<alloc::string::String>) -> Health {
        probes::health(&results, &present)
    }

    fn plan(request: Request) -> Result<Command, Failure> {
        plan::command(&request)
    }
}
