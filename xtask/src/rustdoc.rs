//! Replaces rustdoc in `cargo test --doc`: runs the examples of a crate, then writes the documentation of the listed
//! crates from the same compiled dependencies.
//!
//! `cargo doc` would check every dependency of the host again, which takes minutes.

use crate::failure::Outcome;
use crate::ground::{program, ran};
use std::path::Path;

/// The crates to document, separated by commas. If this variable is set, this program acts as rustdoc.
pub(crate) const CRATES: &str = "XTASK_DOCUMENTED_CRATES";
/// The crates to document.
pub(crate) const READ: &str =
    "jackfield,jackfield_api,jackfield_config,jackfield_server,jackfield_types,jackfield_sdk";

/// Runs rustdoc with cargo's arguments, then writes the documentation.
pub(crate) fn run(arguments: &[String], crates: &str) -> Outcome {
    let rustdoc = || {
        let mut command = program("rustdoc");
        command.env_remove(CRATES);
        command
    };
    ran(rustdoc().args(arguments))?;
    let Some(name) = documented(arguments, crates) else { return Ok(()) };
    let folder = std::env::current_exe().ok();
    let folder = folder.as_deref().and_then(Path::parent).unwrap_or_else(|| Path::new("target"));
    let folder = folder.join("documents");
    ran(rustdoc().args(writing(arguments, name)).args(["-D", "warnings", "-o"]).arg(folder))
}

/// The crate whose examples run, if its documentation is to be written too.
fn documented<'a>(arguments: &'a [String], crates: &str) -> Option<&'a str> {
    let tests = arguments.iter().any(|argument| argument == "--test");
    let name = arguments.iter().skip_while(|argument| *argument != "--crate-name").nth(1)?;
    (tests && crates.split(',').any(|one| one == name)).then_some(name)
}

/// The arguments without those of example runs and without the crate itself, which its documentation cannot link.
fn writing<'a>(arguments: &'a [String], name: &str) -> Vec<&'a str> {
    let own = format!("{name}=");
    let mut options = Vec::new();
    let mut given = arguments.iter().map(String::as_str).peekable();
    while let Some(option) = given.next() {
        match option {
            "--test" => {}
            "--test-run-directory" | "--test-args" | "--test-runtool" | "--test-runtool-arg" => {
                given.next();
            }
            "--extern" if given.peek().is_some_and(|named| named.starts_with(&own)) => {
                given.next();
            }
            option => options.push(option),
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn crate_without_readers_is_not_documented() {
        let line = words("--edition=2024 --crate-name a_crate --test src/lib.rs");
        assert_eq!(documented(&line, "other,a_crate"), Some("a_crate"));
        assert_eq!(documented(&line, "other,a_crate_more"), None);
        assert_eq!(documented(&words("--crate-name a_crate src/lib.rs"), "a_crate"), None);
        assert_eq!(documented(&words("--version"), "a_crate"), None);
    }

    #[test]
    fn options_of_examples_are_left_out_of_documents() {
        let line = words(
            "--crate-name a --test src/lib.rs --test-run-directory /x --test-args q --extern a=liba.rlib \
             --extern ab=libab.rlib -L dependency=deps",
        );
        assert_eq!(
            writing(&line, "a").join(" "),
            "--crate-name a src/lib.rs --extern ab=libab.rlib -L dependency=deps"
        );
    }
}
