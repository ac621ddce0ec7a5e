//! Drives the `gemini` program: says how to start it, and reads the JSON lines that
//! `gemini --output-format stream-json` writes.
//!
//! Invariants: nothing is ever run here; the verdict comes from the `result` event and never from
//! the exit code alone (gemini exits 0 when it is interrupted and when the model refuses); the
//! agent's own prompt syntax does nothing unless it was asked for; a line that is not understood
//! is handed on as it came.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod answer;
mod describe;
mod exits;
mod home;
mod line;
mod plan;
mod probes;
mod prompt;
mod reading;
mod settings;
mod tools;
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
    use crate::Gemini as Component;
}

pub use bindings::exports::jackfield::plugin::{about, driving, instructing};
pub use reading::Reading;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use driving::{Command, Description, Failure, Health, Probe, ProbeResult, Request};

/// The component.
#[derive(Debug)]
pub struct Gemini;

impl about::Guest for Gemini {
    fn identify() -> about::Identity {
        about::Identity {
            name: "gemini".to_string(),
            version: env!("CARGO_PKG_VERSION").to_string(),
            summary: "Drives Google's gemini program.".to_string(),
        }
    }
}

impl instructing::Guest for Gemini {
    fn runs_as_command() -> bool {
        false
    }
}

impl driving::Guest for Gemini {
    type Reading = Reading;

    fn describe() -> Description {
        describe::description()
    }

    fn probes() -> Vec<Probe> {
        probes::probes()
    }

    fn read_probes(results: Vec<ProbeResult>, present: Vec<String>) -> Health {
        probes::health(&results, &present)
    }

    fn plan(request: Request) -> Result<Command, Failure> {
        plan::command(&request)
    }
}
