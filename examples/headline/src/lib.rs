//! A compressor in forty lines: it answers at the level `mermaid` with one headline.
//!
//! `jackfield demo` drops it into the plugin folder to show an answer change without a restart.
//! Build it yourself with
//! `cargo rustc -p headline-compressor --lib --crate-type cdylib --target wasm32-wasip2 --profile component`.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

use alloc::string::{String, ToString};
use alloc::{format, vec, vec::Vec};

jackfield_sdk::runtime!();

#[allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "compressor" });
    export!(Headline with_types_in self);
    use super::Headline;
}

use bindings::exports::jackfield::plugin::{about, compressing};
use bindings::jackfield::plugin::reporting::{Report, State};

struct Headline;

impl about::Guest for Headline {
    fn identify() -> about::Identity {
        about::Identity {
            name: "headline".to_string(),
            version: "1.0.0".to_string(),
            summary: "Answers in one headline".to_string(),
        }
    }
}

impl compressing::Guest for Headline {
    fn levels() -> Vec<compressing::Level> {
        vec![compressing::Level {
            name: "mermaid".to_string(),
            token_budget: 80,
            summary: "One headline in place of the diagram".to_string(),
        }]
    }

    fn compress(_level: String, report: Report) -> String {
        let verb = match report.state {
            State::Succeeded => "DONE",
            State::Failed => "FAILED",
            State::Cancelled => "CALLED OFF",
            State::Queued | State::Running => "STILL AT IT",
        };
        let what = jackfield_sdk::first_line(&report.instruction, 60);
        let log = report.links.iter().find(|link| link.label == "log");
        let more = log.map(|link| format!(" | {}", link.target)).unwrap_or_default();
        format!("{verb}: {what} | {} file(s), by {}{more}", report.files.len(), report.executor)
    }
}
