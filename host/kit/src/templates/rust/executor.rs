//! How to drive one agent program: here one that takes the instruction on its standard input and prints its
//! answer as plain text. Put your program in the place of `cat`.

use jackfield_sdk::executor::{
    Capabilities, Command, Description, Executor, Failure, PlainText, Program, Request, command,
};

struct Agent;

const PROGRAM: &str = "cat";

impl Executor for Agent {
    type Reading = PlainText;

    fn describe() -> Description {
        Description {
            programs: vec![Program { name: PROGRAM.into(), install: "It comes with every system.".into() }],
            environment: Vec::new(),
            models: Vec::new(),
            default_model: None,
            capabilities: Capabilities::FREE,
        }
    }

    /// `cat` only prints it. An executor that says `true` is offered to a chooser for tasks of type `command` only.
    fn runs_as_command() -> bool {
        false
    }

    fn plan(request: Request) -> Result<Command, Failure> {
        Ok(Command { stdin: Some(request.instruction.into_bytes()), ..command([PROGRAM]) })
    }
}

jackfield_sdk::executor!(Agent);
