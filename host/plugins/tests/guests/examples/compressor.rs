//! A compressor that says how long the answer was, or does what the instruction says.

#![no_std]
#![allow(unsafe_code)]

extern crate alloc;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

jackfield_sdk::runtime!();

wit_bindgen::generate!({ path: "../../../../wit", world: "compressor" });

use exports::jackfield::plugin::about;
use exports::jackfield::plugin::compressing::{self, Level, Report};

struct Guest;

impl about::Guest for Guest {
    fn identify() -> about::Identity {
        about::Identity {
            name: guests::text(guests::NAME),
            version: guests::text(guests::VERSION),
            summary: "Counts.".to_string(),
        }
    }
}

impl compressing::Guest for Guest {
    fn levels() -> Vec<Level> {
        let level = |name: &'static str| Level {
            name: guests::text(name),
            token_budget: 10,
            summary: "A count.".to_string(),
        };
        vec![level("level-one"), level("level-two")]
    }

    fn compress(level: String, report: Report) -> String {
        guests::behave(&report.instruction);
        format!("{level}: {} bytes", report.answer.len())
    }
}

export!(Guest);
