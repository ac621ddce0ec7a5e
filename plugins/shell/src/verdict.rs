//! What an exit code means: by itself it is only a number, but shells keep some for themselves.

use crate::bindings::jackfield::plugin::types::FailureClass::{self, *};
use crate::driving::{Ending, Exit, Failure};
use crate::tail::Tail;
use alloc::format;
use alloc::string::{String, ToString};
use jackfield_sdk::clip;
use jackfield_sdk::exec::Stopped;

const MOST: usize = 300;

/// A failure without retry-after and status.
pub(crate) fn failure(class: FailureClass, message: String, remedy: Option<&str>) -> Failure {
    Failure { class, message, remedy: remedy.map(ToString::to_string), retry_after: None, status: None }
}

/// None: it succeeded.
pub(crate) fn judge(exit: &Exit, tail: &Tail) -> Option<Failure> {
    if let Some((class, stopped)) = stopped(exit) {
        return Some(failure(class, stopped.message("The command"), stopped.remedy()));
    }
    let last = tail.last().map(|line| format!(": {}", clip(line, MOST))).unwrap_or_default();
    let told = |class, what: String, remedy| Some(failure(class, format!("{what}{last}"), Some(remedy)));
    match exit.code {
        Some(0) => None,
        Some(2) if tail.says("yntax error") => told(
            SyntaxError,
            "The shell does not understand the instruction".to_string(),
            "The shell executor runs the instruction as a command: write it in shell syntax.",
        ),
        Some(127) => told(
            NoProgram,
            "A command was not found".to_string(),
            "Install it or correct its name. The shell executor runs the instruction as a command.",
        ),
        Some(126) => told(
            Denied,
            "A command could not be run".to_string(),
            "Make it executable, or run it through its interpreter.",
        ),
        // How a shell tells that a signal ended its last command.
        Some(code @ (130 | 137 | 143)) => {
            let stopped = Stopped::Signal(code.unsigned_abs() - 128);
            Some(failure(Killed, stopped.message("A command"), stopped.remedy()))
        }
        Some(code) => told(
            TestFail,
            format!("The command ended with {code}"),
            "Read its output, and mend what it tells of.",
        ),
        None => told(Unknown, "The command ended without an exit code".to_string(), "Run it again."),
    }
}

/// Who ended the shell, if it did not end by itself.
fn stopped(exit: &Exit) -> Option<(FailureClass, Stopped)> {
    Some(match exit.ending {
        Ending::WallClock => (Timeout, Stopped::WallClock),
        Ending::Idle => (Timeout, Stopped::Idle),
        Ending::Cancelled => (Cancelled, Stopped::Cancelled),
        Ending::OverBudget => (Budget, Stopped::OverBudget),
        Ending::Lost => (Lost, Stopped::Lost),
        Ending::Itself | Ending::AfterFinal => (Killed, Stopped::Signal(exit.signal?)),
    })
}
