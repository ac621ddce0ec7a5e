//! A gate that passes where the worktree has a file, or does what its config says.

#![no_std]
#![allow(unsafe_code)]

extern crate alloc;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

jackfield_sdk::runtime!();

wit_bindgen::generate!({ path: "../../../../wit", world: "gate" });

use exports::jackfield::plugin::about;
use exports::jackfield::plugin::gating::{self, GateKind, Measurement, Ruling};
use jackfield::plugin::evidence;

struct Guest;

/// Its kind; a test can write over it.
const KIND: &str = "sample_gate";

/// What it makes of a kind that it does not have; a test can write over it.
const UNKNOWN: &str = "refuse-it";

const SCHEMA: &str = r#"{"type":"object","examples":[{"how":"look"}]}"#;

impl about::Guest for Guest {
    fn identify() -> about::Identity {
        about::Identity {
            name: guests::text(guests::NAME),
            version: guests::text(guests::VERSION),
            summary: "Looks.".to_string(),
        }
    }
}

impl gating::Guest for Guest {
    fn kinds() -> Vec<GateKind> {
        let kind = |name: String| GateKind { name, summary: "Looks.".into(), schema: SCHEMA.into() };
        vec![kind(guests::text(KIND))]
    }

    fn evaluate(kind: String, config: String) -> Result<Ruling, String> {
        if kind != guests::text(KIND) {
            let measurements = Vec::new();
            return if guests::text(UNKNOWN).starts_with('r') {
                Err("there is no such kind".into())
            } else {
                Ok(Ruling { passed: true, message: "it is well".into(), measurements })
            };
        }
        let how = config.strip_prefix("{\"how\":\"").and_then(|rest| rest.strip_suffix("\"}"));
        let how = how.ok_or_else(|| "`how` is missing".to_string())?;
        guests::behave(how);
        let (how, argument) = guests::told(how).split_once(' ').unwrap_or((guests::told(how), ""));
        let files = evidence::files("**");
        let message = match how {
            "read" => match evidence::read(argument, 100) {
                Ok(bytes) => format!("{argument}: {}", String::from_utf8_lossy(&bytes)),
                Err(why) => why,
            },
            "rest" => {
                let commands: Vec<_> =
                    evidence::commands().into_iter().map(|one| (one.name, one.code)).collect();
                let artifacts: Vec<_> =
                    evidence::artifacts().into_iter().map(|one| (one.kind, one.size)).collect();
                format!("{:?} {commands:?} {artifacts:?}", evidence::metric("files-changed"))
            }
            _ => format!("{files:?}"),
        };
        let passed = files.is_ok_and(|files| !files.is_empty());
        Ok(Ruling {
            passed,
            message,
            measurements: vec![Measurement { name: "one".into(), value: 1.0, unit: "".into() }],
        })
    }
}

export!(Guest);
