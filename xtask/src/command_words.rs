//! The words of the command line belong to `host/cli`. Other clients read the texts of the crates below it and of the
//! components, and some of those texts are stored, so no string literal there may name a command or an option of the
//! program.

use crate::failure::{Failure, Outcome};
use crate::ground::Ground;
use crate::modules::Crate;
use crate::source::Source;
use std::collections::BTreeSet;
use std::fs;

/// The program, and the crate that may write its command lines.
const PROGRAM: &str = "jackfield";
const INTERFACE: &str = "cli";
/// The help texts of the program, as a test compares them with it.
const HELP: &str = "tests/snapshots/help";
/// Options that programs have in common.
const COMMON: [&str; 2] = ["--help", "--version"];
/// Options of other programs with the name of one of ours, as a crate names them.
const FOREIGN: [(&str, &str); 1] = [("kit", "--output")];

/// The commands and options of the program.
#[derive(Debug, Default)]
pub(crate) struct CommandWords {
    commands: BTreeSet<String>,
    options: BTreeSet<String>,
}

impl CommandWords {
    pub(crate) fn read(ground: &Ground) -> Outcome<Self> {
        let folder = ground.root.join(HELP);
        let unreadable =
            |error| Failure::new(format!("cannot read {HELP}: {error}"), "restore the snapshots");
        let mut all = Self::default();
        for file in fs::read_dir(&folder).map_err(unreadable)? {
            all.take(&fs::read_to_string(file.map_err(unreadable)?.path()).map_err(unreadable)?);
        }
        Ok(all)
    }

    /// Takes the words out of a help text.
    fn take(&mut self, help: &str) {
        let usages = help.lines().filter_map(|line| line.strip_prefix("Usage: jackfield "));
        let first = usages.filter_map(|usage| usage.split_whitespace().next());
        self.commands.extend(first.filter(|word| is_command(word)).map(str::to_owned));
        let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
        let words = lines.flat_map(|line| line.split([' ', ',', '=', '[']));
        let options = words.filter(|word| word.starts_with("--") && !COMMON.contains(word));
        self.options.extend(options.map(str::to_owned));
    }

    /// The first command or option that a literal names.
    fn named(&self, literal: &str) -> Option<String> {
        // A line that ends with a backslash goes on with the first word of the next one.
        let text = literal.replace("\\\n", "");
        let mut words = text.split_whitespace().peekable();
        let mut alone = true;
        while let Some(word) = words.next() {
            let next = words.peek().map_or("", |next| bare(next));
            if bare(word) == PROGRAM && self.commands.contains(next) {
                return Some(format!("{PROGRAM} {next}"));
            }
            alone &= words.peek().is_none();
            // A literal of one word may be an argument of another program.
            let option = bare(word).split('=').next().unwrap_or_default();
            if !alone && self.options.contains(option) {
                return Some(option.to_owned());
            }
        }
        None
    }
}

/// A word without quotation marks and punctuation.
fn bare(word: &str) -> &str {
    word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')
}

fn is_command(word: &str) -> bool {
    word.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase())
}

/// The texts that name commands: of the crates below `host/` but the command line, and of the crates of components.
pub(crate) fn faults(crates: &[Crate], guests: &[Crate], known: &CommandWords) -> Vec<String> {
    let below = crates.iter().filter(|one| one.name != INTERFACE).map(|one| ("host/", one));
    let all = below.chain(guests.iter().map(|one| ("", one)));
    let modules = all.flat_map(|(above, one)| one.modules.iter().map(move |module| (above, one, module)));
    let faults = modules.flat_map(|(above, one, module)| {
        let named = literals(&module.source).filter_map(|literal| known.named(literal));
        let own = named.filter(|named| !FOREIGN.contains(&(one.name.as_str(), named)));
        own.map(move |named| {
            format!(
                "{above}{}/src/{}: a text names `{named}`: say what to do in words that hold for every interface, and \
                 name the operation, whose command is in host/cli/src/remedies.rs",
                one.name, module.file
            )
        })
    });
    faults.collect()
}

/// The string literals of a file, without documentation.
fn literals(source: &Source) -> impl Iterator<Item = &str> {
    let words = source.words.iter().enumerate();
    let literals = words.filter_map(|(place, word)| Some((place, word.strip_prefix('"')?)));
    let documents = |place: usize| place >= 2 && source.at(place - 1) == "=" && source.at(place - 2) == "doc";
    literals.filter(move |(place, _)| !documents(*place)).map(|(_, literal)| literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "$ jackfield task list --help\nUsage: jackfield task list [OPTIONS]\n\nOptions:\n  \
                        -f, --follow <ID>  Follow\n      --set <KEY=VALUE>\n  -h, --help  Print help\n";

    fn named(code: &str) -> Vec<String> {
        let mut known = CommandWords::default();
        known.take(TEXT);
        known.take("Usage: jackfield [OPTIONS] <COMMAND>\n");
        literals(&Source::read(code)).filter_map(|literal| known.named(literal)).collect()
    }

    #[test]
    fn literal_with_a_command_is_found() {
        assert_eq!(named("f(\"`jackfield task list` lists tasks\")"), ["jackfield task"]);
        assert_eq!(named("format!(\"see (jackfield task {id})\")"), ["jackfield task"]);
        assert_eq!(named("f(r#\"ask jackfield\n  task\"#)"), ["jackfield task"]);
        assert_eq!(named("f(\"run jackfield \\\n   task now\")"), ["jackfield task"]);
        assert_eq!(named("f(\"jackfield stores a task\", \"jackfield tasks\", \"jackfield\")"), [""; 0]);
    }

    #[test]
    fn option_in_a_sentence_is_found_and_an_argument_is_not() {
        assert_eq!(named("f(\"start without `--follow`\")"), ["--follow"]);
        assert_eq!(named("f(\"with --set run.x=1\", \"or --set=run.x\")"), ["--set", "--set"]);
        assert_eq!(named("f(\"--follow\", \"see --help\", \"--following it\")"), [""; 0]);
    }

    #[test]
    fn documentation_and_tests_may_name_commands() {
        let code = "//! `jackfield task`\n/// `jackfield task`\n// jackfield task\nfn f() {}\n\
                    #[cfg(test)] mod tests { fn x() { y(\"jackfield task\"); } }";
        assert_eq!(named(code), [""; 0]);
    }
}
