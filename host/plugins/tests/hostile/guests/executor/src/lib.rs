//! An adapter that is well behaved in everything that a guest does not do otherwise, and while the host only
//! looks at it.

#![no_std]
#![allow(unsafe_code)]

extern crate alloc;

pub use alloc::boxed::Box;
pub use alloc::string::String;
pub use alloc::vec;
pub use alloc::vec::Vec;
pub use core::cell::Cell;
pub use exports::jackfield::plugin::driving::{
    Capabilities, Command, Description, Event, File, Health, Limit, Model, Outcome, Place, Program, Rates,
    Tier, ToolCall, Usage, Value, Variable, Verdict,
};
pub use jackfield::plugin::types::Login;

jackfield_sdk::runtime!();

wit_bindgen::generate!({
    path: "../../../../../../wit",
    world: "executor",
    pub_export_macro: true,
    export_macro_name: "export_executor",
});

/// What it was granted.
pub const PROGRAM: &str = "hostile-program";
/// What it was granted.
pub const VARIABLE: &str = "HOSTILE_VARIABLE";

/// What a guest may do otherwise.
pub trait Hostile {
    /// At every question.
    fn describe() -> Description {
        description()
    }

    /// In service.
    fn plan() -> Command {
        command()
    }

    /// What it says of the instruction.
    fn runs_as_command() -> bool {
        false
    }

    /// In service, with the instruction.
    fn plan_of(_: &str) -> Command {
        Self::plan()
    }

    /// In service; `call` counts from 1.
    fn feed(call: u32) -> Vec<Event> {
        vec![Event::Text(alloc::format!("{call}"))]
    }

    /// In service.
    fn finish() -> Outcome {
        outcome()
    }
}

/// Of one program and one variable.
pub fn description() -> Description {
    let program = Program { name: PROGRAM.into(), install: "cannot be had".into() };
    Description {
        programs: vec![program],
        environment: vec![Variable { name: VARIABLE.into(), secret: true }],
        models: vec![model(None)],
        default_model: None,
        capabilities: Capabilities::STREAMING,
    }
}

/// A model at those prices.
pub fn model(rates: Option<Rates>) -> Model {
    Model { name: "model".into(), tier: Tier::Light, rates, context_window: None }
}

/// What it may run.
pub fn command() -> Command {
    Command {
        argv: vec![PROGRAM.into()],
        stdin: None,
        environment: vec![(VARIABLE.into(), Value::Pass)],
        files: Vec::new(),
        final_grace: 1000,
    }
}

/// A file for the program.
pub fn file(path: &str) -> File {
    File { place: Place::Scratch, path: path.into(), content: Vec::new() }
}

/// Nothing used.
pub fn usage() -> Usage {
    Usage { input: 0, cached_input: 0, cache_write: 0, output: 0, reasoning: 0, cost: None, estimated: false }
}

/// It went well.
pub fn outcome() -> Outcome {
    Outcome {
        verdict: Verdict::Completed,
        text: "done".into(),
        session: None,
        model: None,
        usage: usage(),
        denied: Vec::new(),
        turns: None,
    }
}

/// The reading of every guest.
pub struct Reading {
    /// Only being looked at.
    pub sample: bool,
    /// Times that it was fed.
    pub calls: Cell<u32>,
}

impl Reading {
    /// Of an attempt with that instruction.
    pub fn of(instruction: &str) -> Self {
        Self { sample: instruction == "Say hello.", calls: Cell::new(0) }
    }
}

/// Makes a component of a guest.
#[macro_export]
macro_rules! guest {
    ($guest:ident) => {
        use $crate::exports::jackfield::plugin::{about, driving, instructing};

        impl about::Guest for $guest {
            fn identify() -> about::Identity {
                about::Identity {
                    name: "hostile".into(),
                    version: "6.6.6".into(),
                    summary: "Means no good.".into(),
                }
            }
        }

        impl instructing::Guest for $guest {
            fn runs_as_command() -> bool {
                <$guest as $crate::Hostile>::runs_as_command()
            }
        }

        impl driving::Guest for $guest {
            type Reading = ReadingOf;

            fn describe() -> driving::Description {
                <$guest as $crate::Hostile>::describe()
            }

            fn probes() -> $crate::Vec<driving::Probe> {
                $crate::Vec::new()
            }

            fn read_probes(_: $crate::Vec<driving::ProbeResult>, _: $crate::Vec<$crate::String>) -> $crate::Health {
                let login = $crate::Login::Unknown;
                $crate::Health { installed: true, version: None, login, account: None, remedy: None }
            }

            fn plan(request: driving::Request) -> Result<driving::Command, driving::Failure> {
                if $crate::Reading::of(&request.instruction).sample {
                    return Ok($crate::command());
                }
                Ok(<$guest as $crate::Hostile>::plan_of(&request.instruction))
            }
        }

        pub struct ReadingOf($crate::Reading);

        impl driving::GuestReading for ReadingOf {
            fn new(request: driving::Request) -> Self {
                Self($crate::Reading::of(&request.instruction))
            }

            fn feed(&self, _: $crate::Vec<u8>) -> $crate::Vec<driving::Event> {
                self.0.calls.set(self.0.calls.get() + 1);
                if self.0.sample {
                    return $crate::Vec::new();
                }
                <$guest as $crate::Hostile>::feed(self.0.calls.get())
            }

            fn finish(&self, _: driving::Exit) -> driving::Outcome {
                if self.0.sample {
                    return $crate::outcome();
                }
                <$guest as $crate::Hostile>::finish()
            }
        }

        $crate::export_executor!($guest with_types_in $crate);
    };
}
