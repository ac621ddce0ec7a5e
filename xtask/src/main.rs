//! The project's own commands: `cargo xtask test`, `bench`, `components`, `programs`,
//! `conformance`.
//!
//! `test` is the one command that passes all tests. It runs in a clean clone on a new machine, so it
//! fetches what it needs, or says the one command that does. This program knows cargo, git and npm, and
//! nothing of Jackfield itself, so that it builds in seconds.

mod circles;
mod command_words;
mod dashboard;
mod edges;
mod extism;
mod failure;
mod fuzz;
mod ground;
mod hygiene;
mod licences;
mod modules;
mod rustdoc;
mod source;
mod steps;
mod summary;
mod tools;
mod widths;

use failure::{Failure, Outcome};
use ground::Ground;
use std::process::ExitCode;

const HELP: &str = "\
The project's own commands.

  cargo xtask test               everything, as continuous integration runs it
  cargo xtask test --quick       without the real agent programs
  cargo xtask test --only STEP   one step; `cargo xtask test --list` names them
  cargo xtask bench [NAME]       measure the host against its floor, optimised
  cargo xtask bench extism       one policy in three languages, and beside it as an Extism plugin
  cargo xtask components         build the shipped components only
  cargo xtask conformance        run the protocol's own suites and write docs/conformance.md
  cargo xtask programs           fetch the real agent programs that tests drive
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let came_to = match std::env::var(rustdoc::CRATES) {
        Ok(crates) => rustdoc::run(&arguments, &crates),
        Err(_) => obey(&arguments),
    };
    match came_to {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

fn obey(arguments: &[String]) -> Outcome {
    let (command, rest) =
        arguments.split_first().map_or(("help", arguments), |(first, rest)| (first.as_str(), rest));
    match command {
        "test" => test(rest),
        "bench" if rest == ["extism"] => extism::bench(&Ground::survey(false)?),
        "bench" => Ground::survey(false)?.bench(rest),
        "components" => steps::components(&Ground::survey(false)?),
        "programs" => {
            let ground = Ground::survey(false)?;
            tools::node(&ground)?;
            steps::programs(&ground)
        }
        "conformance" => steps::conformance(&Ground::survey(false)?),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(Failure::new(format!("there is no command '{other}'"), HELP)),
    }
}

fn test(arguments: &[String]) -> Outcome {
    let mut quick = false;
    let mut only = None;
    let mut given = arguments.iter();
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--quick" => quick = true,
            "--only" => {
                let name =
                    given.next().ok_or_else(|| Failure::new("--only names no step", steps::names()))?;
                only = Some(name.as_str());
            }
            "--list" => {
                println!("{}", steps::names());
                return Ok(());
            }
            other => return Err(Failure::new(format!("`test` takes no '{other}'"), HELP)),
        }
    }
    steps::run(&Ground::survey(quick)?, only)
}
