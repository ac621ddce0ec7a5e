//! Runs the instruction itself, as a shell command: a test suite, a build, a generator. It needs no
//! account and costs nothing, so it also serves for a first run anywhere.
//!
//! Invariants: nothing is ever run here; the command never stands on an argument list; its exit
//! code, and nothing that it prints, decides whether it succeeded.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod describe;
mod plan;
mod reading;
mod settings;
mod tail;
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
    use crate::Shell as Component;
}

pub use bindings::exports::jackfield::plugin::{about, driving, instructing};
pub use reading::Reading;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use driving::{Command, Description, Failure, Health, Probe, ProbeResult, Request};

/// The component.
#[derive(Debug)]
pub struct Shell;

impl about::Guest for Shell {
    fn identify() -> about::Identity {
        about::Identity {
            name: "shell".to_string(),
            version: env!("CARGO_PKG_VERSION").to_string(),
            summary: "Runs the instruction as a shell command.".to_string(),
        }
    }
}

impl instructing::Guest for Shell {
    fn runs_as_command() -> bool {
        true
    }
}

impl driving::Guest for Shell {
    type Reading = Reading;

    fn describe() -> Description {
        describe::description()
    }

    fn probes() -> Vec<Probe> {
        describe::probes()
    }

    fn read_probes(results: Vec<ProbeResult>, _present: Vec<String>) -> Health {
        describe::health(&results)
    }

    fn plan(request: Request) -> Result<Command, Failure> {
        plan::command(&request)
    }
}
