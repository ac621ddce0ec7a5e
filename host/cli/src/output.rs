//! What the commands print, and what a command came to.

use jackfield_render::screen::{Screen, Tone, colours_wanted, printable, printable_json};
use jackfield_types::Problem;
use std::io::{IsTerminal, Write};

/// What a command came to.
pub(super) enum Outcome {
    Fine,
    /// The work was done and did not succeed.
    Failed,
    /// What was looked at cannot be used, and everything was said about that.
    Unusable,
}

/// Prints text, or JSON where that was asked for. A closed pipe is not an error.
pub(super) fn say(json: bool, text: impl FnOnce() -> String, data: &impl serde::Serialize) {
    let line = if json {
        printable_json(&serde_json::to_string_pretty(data).unwrap_or_else(|error| error.to_string()))
    } else {
        text()
    };
    say_line(&line);
}

/// Everything that is printed goes through here, for whoever wrote it.
pub(super) fn say_line(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{}", printable(line));
}

/// A diff: on a terminal what can be printed of it, for a program every byte.
pub(super) fn say_diff(diff: &[u8]) {
    let mut out = std::io::stdout().lock();
    if out.is_terminal() {
        drop(out);
        return say_line(String::from_utf8_lossy(diff).trim_end());
    }
    let end = if diff.ends_with(b"\n") { "" } else { "\n" };
    let _ = out.write_all(diff).and_then(|()| out.write_all(end.as_bytes()));
}

pub(super) fn say_problem(problem: &Problem, json: bool) {
    let mut errors = std::io::stderr().lock();
    let _ = if json {
        writeln!(errors, "{}", printable_json(&serde_json::json!({ "error": problem }).to_string()))
    } else {
        let colours = errors.is_terminal() && colours_wanted();
        let error = Screen { width: None, colours }.paint(Tone::Bad, "error");
        writeln!(errors, "{}", printable(&format!("{error}: {problem}")))
    };
}
