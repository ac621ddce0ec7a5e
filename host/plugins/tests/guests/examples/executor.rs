//! An adapter for a program that does not exist. It says back what it reads, and counts the calls.

#![no_std]
#![allow(unsafe_code)]

extern crate alloc;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

jackfield_sdk::runtime!();

wit_bindgen::generate!({ path: "../../../../wit", world: "executor" });

use exports::jackfield::plugin::about;
use exports::jackfield::plugin::driving::{self, *};
use exports::jackfield::plugin::instructing;

struct Guest;

const PROGRAM: &str = "program-name-a";
const VARIABLE: &str = "VARIABLE_NAME_A";

impl about::Guest for Guest {
    fn identify() -> about::Identity {
        about::Identity {
            name: guests::text(guests::NAME),
            version: guests::text(guests::VERSION),
            summary: "Drives nothing.".to_string(),
        }
    }
}

/// Whether it runs the instruction as a command; a test can write `shell!` over it.
const NATURE: &str = "as-prompt";

impl instructing::Guest for Guest {
    fn runs_as_command() -> bool {
        guests::text(NATURE).starts_with('s')
    }
}

impl driving::Guest for Guest {
    type Reading = Reading;

    fn describe() -> Description {
        Description {
            programs: vec![Program { name: guests::text(PROGRAM), install: "cannot be had".to_string() }],
            environment: vec![Variable { name: guests::text(VARIABLE), secret: true }],
            models: vec![Model {
                name: "model".to_string(),
                tier: Tier::Workhorse,
                rates: None,
                context_window: None,
            }],
            default_model: Some("model".to_string()),
            capabilities: Capabilities::STREAMING | Capabilities::FREE,
        }
    }

    fn probes() -> Vec<Probe> {
        vec![Probe {
            name: "version".to_string(),
            argv: vec![guests::text(PROGRAM), "--version".to_string()],
            timeout: 1000,
        }]
    }

    fn read_probes(results: Vec<ProbeResult>, present: Vec<String>) -> Health {
        Health {
            installed: results.iter().any(|result| result.code == Some(0)),
            version: None,
            login: Login::Unknown,
            account: present.first().cloned(),
            remedy: None,
        }
    }

    fn plan(request: Request) -> Result<Command, Failure> {
        guests::behave(&request.instruction);
        let command = Command {
            argv: vec![guests::text(PROGRAM), request.instruction.clone()],
            stdin: None,
            environment: vec![(guests::text(VARIABLE), Value::Pass)],
            files: vec![File { place: Place::Scratch, path: "notes/plan.txt".to_string(), content: vec![] }],
            final_grace: 1000,
        };
        if request.instruction == "refuse" {
            return Err(Failure {
                class: FailureClass::Refused,
                message: "not this".to_string(),
                remedy: None,
                retry_after: None,
                status: None,
            });
        }
        Ok(command)
    }
}

struct Reading {
    calls: Cell<u32>,
    seen: RefCell<String>,
}

impl GuestReading for Reading {
    fn new(_: Request) -> Self {
        Self { calls: Cell::new(0), seen: RefCell::default() }
    }

    fn feed(&self, bytes: Vec<u8>) -> Vec<Event> {
        let text = String::from_utf8_lossy(&bytes).to_string();
        guests::behave(&text);
        self.calls.set(self.calls.get() + 1);
        self.seen.borrow_mut().push_str(&text);
        vec![Event::Text(text)]
    }

    fn finish(&self, exit: Exit) -> Outcome {
        Outcome {
            verdict: Verdict::Completed,
            text: format!("{} in {} calls, code {:?}", self.seen.borrow(), self.calls.get(), exit.code),
            session: None,
            model: None,
            usage: Usage {
                input: 0,
                cached_input: 0,
                cache_write: 0,
                output: 0,
                reasoning: 0,
                cost: None,
                estimated: true,
            },
            denied: vec![],
            turns: None,
        }
    }
}

export!(Guest);
