//! An executor: how to drive one agent program. It never runs anything: it says what to run, and reads what
//! came out.

use crate::Lines;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;

/// What `wit/executor.wit` says, as Rust, but for `about`, which all kinds share.
#[doc(hidden)]
#[allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, clippy::pedantic, reason = "generated")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "package jackfield:sdk-executor;
            world executor-part {
                import jackfield:plugin/log@1.1.0;
                export jackfield:plugin/driving@1.1.0;
                export jackfield:plugin/instructing@1.1.0;
            }",
        world: "jackfield:sdk-executor/executor-part",
        additional_derives: [PartialEq],
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "jackfield_sdk::executor::bindings",
    });
}

use bindings::exports::jackfield::plugin::driving;
pub use bindings::jackfield::plugin::log::{Level, log};
pub use bindings::jackfield::plugin::types::{
    ChangeKind, Effort, Failure, FailureClass, Login, Rates, Role, Tier, Usage, Verdict,
};
pub use driving::{
    Access, Capabilities, Command, Description, Ending, Event, Exit, File, FileChange, Folders, Health,
    Limit, Model, Outcome, Place, Probe, ProbeResult, Program, Request, Retrying, Started, ToolCall,
    ToolResult, Value, Variable,
};

/// What knows one agent program.
pub trait Executor {
    /// What reads one run of it.
    type Reading: Reading + 'static;

    /// The programs it may ask for, the variables they need, the models there are.
    fn describe() -> Description;

    /// The command line for a request, or why there is none.
    ///
    /// # Errors
    /// A [`Failure`], where the request cannot be carried out.
    fn plan(request: Request) -> Result<Command, Failure>;

    /// Whether the program runs the instruction as a command, as a shell does, instead of reading it as a prompt.
    /// Such an executor is offered to a chooser for tasks of type `command` only; for others it has to be named.
    /// Unless said otherwise: yes, where one of its programs is a shell. A shell that only wraps an agent says no.
    fn runs_as_command() -> bool {
        Self::describe().programs.iter().any(|program| is_shell(&program.name))
    }

    /// Quick commands that tell about the program's health. Unless said otherwise: each program's
    /// `--version`.
    fn probes() -> Vec<Probe> {
        let version = |program: Program| Probe {
            argv: vec![program.name.clone(), "--version".to_owned()],
            name: program.name,
            timeout: 10_000,
        };
        Self::describe().programs.into_iter().map(version).collect()
    }

    /// What their answers mean. Unless said otherwise: it is installed where all ended with 0, its version is
    /// the first line, and nothing is known of a login.
    fn read_probes(results: Vec<ProbeResult>, present: Vec<String>) -> Health {
        let _ = present;
        let installed = !results.is_empty() && results.iter().all(|result| result.code == Some(0));
        let said = results.first().map(|result| crate::first_line(&result.stdout, 80));
        let install = Self::describe().programs.into_iter().next().map(|program| program.install);
        Health {
            installed,
            version: said.filter(|line| installed && !line.is_empty()),
            login: Login::Unknown,
            account: None,
            remedy: install.filter(|_| !installed),
        }
    }
}

fn is_shell(program: &str) -> bool {
    const SHELLS: [&str; 16] = [
        "sh",
        "bash",
        "dash",
        "ash",
        "zsh",
        "ksh",
        "mksh",
        "fish",
        "csh",
        "tcsh",
        "nu",
        "pwsh",
        "powershell",
        "cmd",
        "busybox",
        "env",
    ];
    let name = program.strip_suffix(".exe").unwrap_or(program);
    SHELLS.contains(&name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-')))
}

/// What reads one run's standard output, split anywhere.
pub trait Reading {
    /// At the beginning of a run.
    fn new(request: Request) -> Self;

    /// More of the output.
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event>;

    /// It has ended, and there is no more output.
    fn finish(&mut self, exit: Exit) -> Outcome;
}

/// The longest line of plain text, and the longest answer, bytes.
const LONGEST_TEXT: usize = 1 << 20;
const LONGEST_ANSWER: usize = 4 << 20;

/// A program that prints its answer as plain text: every line is told as it comes, the whole is the answer,
/// and it did well if it exited with 0. A line is cut after 1 MiB, and of a very long answer the last 4 MiB or
/// more are kept.
#[derive(Debug)]
pub struct PlainText {
    lines: Lines,
    answer: String,
}

impl Reading for PlainText {
    fn new(_: Request) -> Self {
        Self { lines: Lines::cut_at(LONGEST_TEXT), answer: String::new() }
    }

    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        let Self { lines, answer } = self;
        let mut events = Vec::new();
        lines.feed(bytes, |line| {
            let line = String::from_utf8_lossy(line).into_owned();
            answer.push_str(&line);
            answer.push('\n');
            if answer.len() > 2 * LONGEST_ANSWER {
                let from =
                    (answer.len() - LONGEST_ANSWER..answer.len()).find(|at| answer.is_char_boundary(*at));
                answer.drain(..from.unwrap_or_default());
            }
            events.push(Event::Text(line));
        });
        events
    }

    fn finish(&mut self, exit: Exit) -> Outcome {
        let answer = &mut self.answer;
        self.lines.finish(|line| answer.push_str(&String::from_utf8_lossy(line)));
        let failure = |message: String| {
            Verdict::Failed(Failure {
                class: FailureClass::Unknown,
                message,
                remedy: None,
                retry_after: None,
                status: None,
            })
        };
        let verdict = match (exit.code, exit.stderr.trim().lines().last()) {
            (Some(0), _) => Verdict::Completed,
            (Some(code), Some(line)) => failure(format!("it exited with code {code}: {line}")),
            (Some(code), None) => failure(format!("it exited with code {code}")),
            (None, _) => failure("it was ended by a signal".to_string()),
        };
        Outcome { verdict, ..outcome(answer.trim_end()) }
    }
}

/// What a run came to that did well, with its answer, and of whose use nothing is known.
pub fn outcome(answer: &str) -> Outcome {
    Outcome {
        verdict: Verdict::Completed,
        text: answer.to_owned(),
        session: None,
        model: None,
        usage: Usage {
            input: 0,
            cached_input: 0,
            cache_write: 0,
            output: 0,
            reasoning: 0,
            cost: None,
            estimated: false,
        },
        denied: Vec::new(),
        turns: None,
    }
}

/// A command line that is given nothing else.
pub fn command(argv: impl IntoIterator<Item = impl Into<String>>) -> Command {
    Command {
        argv: argv.into_iter().map(Into::into).collect(),
        stdin: None,
        environment: Vec::new(),
        files: Vec::new(),
        final_grace: 5_000,
    }
}

#[doc(hidden)]
pub struct Shared<R>(RefCell<R>);

impl<R: Reading + 'static> driving::GuestReading for Shared<R> {
    fn new(request: Request) -> Self {
        Self(RefCell::new(R::new(request)))
    }

    fn feed(&self, bytes: Vec<u8>) -> Vec<Event> {
        self.0.borrow_mut().feed(&bytes)
    }

    fn finish(&self, exit: Exit) -> Outcome {
        self.0.borrow_mut().finish(exit)
    }
}

/// Makes an executor the component of this crate: its name, version and summary are those of `Cargo.toml`.
#[macro_export]
macro_rules! executor {
    ($executor:ty) => {
        const _: () = {
            use $crate::executor::bindings::exports::jackfield::plugin::{driving, instructing};
            use $crate::executor::{
                Command, Description, Executor, Failure, Health, Probe, ProbeResult, Request, Shared,
            };

            struct Component;

            $crate::about!(Component);

            impl instructing::Guest for Component {
                fn runs_as_command() -> bool {
                    <$executor as Executor>::runs_as_command()
                }
            }

            impl driving::Guest for Component {
                type Reading = Shared<<$executor as Executor>::Reading>;

                fn describe() -> Description {
                    <$executor as Executor>::describe()
                }

                fn probes() -> Vec<Probe> {
                    <$executor as Executor>::probes()
                }

                fn read_probes(results: Vec<ProbeResult>, present: Vec<String>) -> Health {
                    <$executor as Executor>::read_probes(results, present)
                }

                fn plan(request: Request) -> Result<Command, Failure> {
                    <$executor as Executor>::plan(request)
                }
            }

    $crate::executor::bindings::export!(Component with_types_in $crate::executor::bindings);
        };
    };
}
