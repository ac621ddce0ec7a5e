//! The adapter for Claude Code, `claude`: what to run, and what its `stream-json` output means.
//!
//! - [`identity`]: who this component is, the models and prices it knows, and its two probes.
//! - [`settings`]: the operator's `[executors.claude.settings]`, each key documented.
//! - [`plan`]: the command line, the environment and the files of one attempt.
//! - [`reading`]: one pass over each line of output, into events and running totals.
//! - `tally`: tokens, each counted once.
//! - `verdict`: what became of the attempt, from its final result and never from its exit code alone.
//!
//! The component imports nothing but the host's log: no files, no network, no clock. The same crate
//! compiles natively, without the exports, so that everything in it can be tested and measured there.
#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

jackfield_sdk::runtime!();

/// The `executor` world as Rust types.
#[allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, clippy::indexing_slicing)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "executor",
        additional_derives: [PartialEq],
    });
    // Only in the component: the exports' symbols would clash where two adapters are linked natively.
    #[cfg(target_family = "wasm")]
    export!(Component with_types_in self);
    #[cfg(target_family = "wasm")]
    use super::Component;
}

mod failures;
pub mod identity;
mod line;
pub mod plan;
pub mod reading;
pub mod settings;
mod tally;
mod tools;
mod verdict;

pub use bindings::exports::jackfield::plugin::driving;
pub use bindings::jackfield::plugin::types;

use alloc::string::String;
use alloc::vec::Vec;
use bindings::exports::jackfield::plugin::{about, instructing};
use core::cell::RefCell;

/// The component: everything it does is a function of its arguments.
#[derive(Debug)]
pub struct Component;

impl about::Guest for Component {
    fn identify() -> about::Identity {
        identity::identify()
    }
}

impl instructing::Guest for Component {
    fn runs_as_command() -> bool {
        false
    }
}

impl driving::Guest for Component {
    type Reading = Reading;

    fn describe() -> driving::Description {
        identity::describe()
    }

    fn probes() -> Vec<driving::Probe> {
        identity::probes()
    }

    fn read_probes(results: Vec<driving::ProbeResult>, present: Vec<String>) -> driving::Health {
        identity::read_probes(&results, &present)
    }

    fn plan(request: driving::Request) -> Result<driving::Command, types::Failure> {
        plan::plan(&request)
    }
}

/// [`reading::Reader`] behind the shared reference that a resource is called through.
#[derive(Debug)]
pub struct Reading(RefCell<reading::Reader>);

impl driving::GuestReading for Reading {
    fn new(request: driving::Request) -> Self {
        Self(RefCell::new(reading::Reader::new(&request)))
    }

    fn feed(&self, bytes: Vec<u8>) -> Vec<driving::Event> {
        self.0.borrow_mut().feed(&bytes)
    }

    fn finish(&self, exit: driving::Exit) -> driving::Outcome {
        self.0.borrow_mut().finish(&exit)
    }
}
