//! Jackfield's own compressor: one report in four lengths.
//!
//! Invariants: every length says the outcome, the files, the cost and where to read more; nothing
//! that was not checked or not delivered is shown as if it was; what an agent wrote never becomes
//! syntax, and never comes before what the host knows; time and output are bounded whatever the
//! report holds.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod bindings;
#[cfg(target_family = "wasm")]
mod component;
mod figures;
mod files;
mod full;
mod label;
mod level;
mod mermaid;
mod outcome;
mod page;
#[cfg(test)]
mod sample;
mod standard;
mod summary;

/// What a compressor is given, as `wit/compressor.wit` has it.
pub mod facts {
    pub use crate::bindings::exports::jackfield::plugin::compressing::{Level as LevelInfo, Report};
    pub use crate::bindings::jackfield::plugin::reporting::{ChangedFile, Check, Link, State};
    pub use crate::bindings::jackfield::plugin::types::{
        ChangeKind, DeliveredAxis, Failure, FailureClass, Micros, Millis, ProcessAxis, Usage, VerifiedAxis,
    };
}

pub use level::{Level, levels};

use alloc::string::String;
use facts::Report;
use jackfield_sdk::visible;

/// The report at a level.
pub fn compress(level: Level, report: &Report) -> String {
    match level {
        Level::Summary => summary::summary(report),
        Level::Mermaid => mermaid::mermaid(report),
        Level::Standard => standard::standard(report),
        Level::Full => full::full(report),
    }
}

jackfield_sdk::runtime!();
