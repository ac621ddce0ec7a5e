//! The output of commands, and their outcome.

use super::remedies::{after, in_commands, with_commands};
use jackfield::Answer;
use jackfield_render::screen::{Screen, Tone, colours_wanted, printable, printable_json};
use jackfield_types::{Problem, RunState};
use std::io::{IsTerminal, Write};

/// The outcome of a command.
pub(super) enum Outcome {
    Fine,
    /// The command ran; its work did not succeed.
    Failed,
    /// The examined input is unusable, and the command has reported why.
    Unusable,
}

impl Outcome {
    /// The outcome of a command whose work was a run that has ended.
    pub(super) const fn of_run(answer: &Answer) -> Self {
        if matches!(answer.state, RunState::Succeeded) { Self::Fine } else { Self::Failed }
    }
}

/// Prints text, or JSON with `json`. A closed pipe is not an error.
pub(super) fn say(json: bool, text: impl FnOnce() -> String, data: &impl serde::Serialize) {
    let line = if json {
        printable_json(&serde_json::to_string_pretty(data).unwrap_or_else(|error| error.to_string()))
    } else {
        text()
    };
    say_line(&line);
}

/// Prints the answer of a run with what is left to do. Its links and operations are shown as commands. Returns the answer
/// as it was printed.
pub(super) fn say_answer(json: bool, answer: Answer) -> Answer {
    let answer = in_commands(answer);
    let told = || {
        let left = answer.next.clone().into_iter().chain(after(&answer));
        left.fold(answer.text.clone(), |text, line| format!("{text}\n{line}"))
    };
    say(json, told, &answer);
    answer
}

/// Prints a line in printable form. Every output of the command line goes through here.
pub(super) fn say_line(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{}", printable(line));
}

/// Warns on standard error, beside an answer on standard output.
pub(super) fn warn(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "warning: {}", printable(text));
}

/// Prints a diff: the printable part on a terminal, every byte for a program.
pub(super) fn say_diff(diff: &[u8]) {
    let mut out = std::io::stdout().lock();
    if out.is_terminal() {
        drop(out);
        return say_line(String::from_utf8_lossy(diff).trim_end());
    }
    let end = if diff.ends_with(b"\n") { "" } else { "\n" };
    let _ = out.write_all(diff).and_then(|()| out.write_all(end.as_bytes()));
}

/// Prints a problem with the commands that its remedy calls for.
pub(super) fn say_problem(problem: &Problem, json: bool) {
    let problem = with_commands(problem);
    let mut errors = std::io::stderr().lock();
    let _ = if json {
        writeln!(errors, "{}", printable_json(&serde_json::json!({ "error": problem }).to_string()))
    } else {
        let colours = errors.is_terminal() && colours_wanted();
        let error = Screen { width: None, colours }.paint(Tone::Bad, "error");
        writeln!(errors, "{}", printable(&format!("{error}: {problem}")))
    };
}
