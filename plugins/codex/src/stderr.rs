//! What standard error tells when the events tell nothing: codex complains there about its command
//! line, its configuration and its sandbox.

use crate::describe::PROGRAM;
use crate::driving::{Ending, Exit, Failure, FailureClass};
use crate::verdict::{failure, judge};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use jackfield_sdk::clip;
use jackfield_sdk::exec::Stopped;

const MOST: usize = 400;

/// Tools that the sandbox refused; there is no event for them.
pub(crate) fn denied(stderr: &str) -> Vec<String> {
    let refused = stderr.lines().any(|line| line.contains("patch rejected"));
    if refused { alloc::vec!["apply_patch".to_string()] } else { Vec::new() }
}

/// Who ended the program, if it did not end by itself.
pub(crate) fn stopped(exit: &Exit) -> Option<(FailureClass, Stopped)> {
    Some(match exit.ending {
        Ending::WallClock => (FailureClass::Timeout, Stopped::WallClock),
        Ending::Idle => (FailureClass::Timeout, Stopped::Idle),
        Ending::Cancelled => (FailureClass::Cancelled, Stopped::Cancelled),
        Ending::OverBudget => (FailureClass::Budget, Stopped::OverBudget),
        Ending::Lost => (FailureClass::Lost, Stopped::Lost),
        Ending::Itself | Ending::AfterFinal => (FailureClass::Killed, Stopped::Signal(exit.signal?)),
    })
}

/// The failure of a program that something else ended.
pub(crate) fn ended(class: FailureClass, stopped: Stopped) -> Failure {
    failure(class, stopped.message(PROGRAM), stopped.remedy())
}

/// The failure of a program that ended without a terminal event. `begun`: a turn had begun.
pub(crate) fn silent(exit: &Exit, begun: bool) -> Failure {
    let said = complaint(&exit.stderr);
    let known = |class, lead: &str, remedy: &str| {
        failure(class, format!("{lead}: {}", clip(said, MOST)), Some(remedy))
    };
    let has = |needle: &str| exit.stderr.contains(needle);
    if has("no rollout found") {
        known(FailureClass::SyntaxError, "Codex does not know the session", "Start without a session.")
    } else if has("Error loading config") {
        known(FailureClass::SyntaxError, "Codex cannot read its configuration", "Mend codex's config.toml.")
    } else if has("error: unexpected argument") || has("error: invalid value") || exit.code == Some(2) {
        known(
            FailureClass::SyntaxError,
            "Codex did not understand how it was called",
            "Install the codex version that this adapter was tested with (0.169).",
        )
    } else if has("Not inside a trusted directory") {
        known(FailureClass::SyntaxError, "Codex will not work here", "Run it in a git worktree.")
    } else if has("No prompt provided") {
        known(FailureClass::SyntaxError, "Codex got no instruction", "Say what should be done.")
    } else if has("MCP servers failed") {
        known(
            FailureClass::Network,
            "A required MCP server is not there",
            "Start it, or take it out of codex's configuration.",
        )
    } else if has("rror: ") {
        judge(said)
    } else if begun {
        // An interrupt makes codex leave with code 1 and without an event.
        let message = "Codex was interrupted before it gave a result.".to_string();
        failure(FailureClass::Killed, message, Some("Find out who ended it, then run it again."))
    } else {
        let code =
            exit.code.map_or("without an exit code".to_string(), |code| format!("with exit code {code}"));
        let message = format!("Codex ended {code} and without a result. {}", clip(said, MOST));
        failure(FailureClass::Unknown, message.trim_end().to_string(), Some("Read its log."))
    }
}

/// The last line that is neither empty, a log line nor chatter.
fn complaint(stderr: &str) -> &str {
    let tells = |line: &&str| !line.is_empty() && !line.starts_with("Reading ") && !line.starts_with("20");
    let mut lines = stderr.lines().map(str::trim).filter(tells);
    let first = lines.clone().find(|line| line.contains("rror"));
    first.or_else(|| lines.next_back()).unwrap_or_default()
}
