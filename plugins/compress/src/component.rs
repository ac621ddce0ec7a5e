//! The four lengths as a component: the world's exports.

#![allow(unsafe_code, reason = "the canonical ABI of the exports is generated")]

use crate::bindings::exports::jackfield::plugin::{about, compressing};
use crate::bindings::jackfield::plugin::log;
use crate::facts::{LevelInfo, Report};
use crate::level::Level;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

struct Component;

impl about::Guest for Component {
    fn identify() -> about::Identity {
        about::Identity {
            name: "compress".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "Tells what a run did in one to three lines, a Mermaid diagram, a page, or in full."
                .to_owned(),
        }
    }
}

impl compressing::Guest for Component {
    fn levels() -> Vec<LevelInfo> {
        crate::levels()
    }

    fn compress(level: String, report: Report) -> String {
        let known = Level::parse(&level).unwrap_or_else(|| {
            let asked = jackfield_sdk::clip(&level, 40);
            log::log(log::Level::Warn, &format!("there is no level '{asked}'; answering as mermaid"));
            Level::Mermaid
        });
        crate::compress(known, &report)
    }
}

crate::bindings::export!(Component with_types_in crate::bindings);
