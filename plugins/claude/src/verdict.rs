//! What became of an attempt.
//!
//! - The final `result` and its flags decide, never the exit code alone: the program sends
//!   `subtype: "success"` with API errors too, and ends with 0 when it is interrupted.
//! - Who stopped it (`Exit::ending`) comes first where it is somebody's will: cancelled and over budget
//!   stand whatever the program managed to say. Time running out, or the host losing sight of it, does
//!   not undo a successful result after which nothing more was done.
//! - Without a result nothing succeeded, whatever the exit code.

use crate::driving::{Ending, Exit};
use crate::failures::{self, failure};
use crate::types::{Failure, FailureClass, Verdict};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use jackfield_sdk::exec::Stopped;
use jackfield_sdk::first_line;

pub(crate) use failures::class_of;

/// The last `result`.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    pub(crate) subtype: String,
    pub(crate) is_error: bool,
    pub(crate) status: Option<u16>,
    pub(crate) text: String,
    pub(crate) stop_reason: String,
    pub(crate) terminal_reason: String,
    pub(crate) errors: Vec<String>,
}

impl Ended {
    /// Whether the program itself calls it a success.
    pub(crate) fn succeeded(&self) -> bool {
        !self.is_error && self.subtype == "success"
    }

    /// Whether somebody interrupted it.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.terminal_reason.starts_with("aborted")
    }

    /// Whether it was asked to go on with a session that it does not have.
    pub(crate) fn is_unknown_session(&self) -> bool {
        self.errors.iter().any(|error| error.starts_with(UNKNOWN_SESSION))
    }
}

const UNKNOWN_SESSION: &str = "No conversation found";

/// What the program said in place of an answer of the model's.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) kind: String,
    pub(crate) text: String,
}

/// The last request that failed and was to be repeated.
#[derive(Debug)]
pub(crate) struct Retry {
    pub(crate) class: FailureClass,
    pub(crate) status: Option<u16>,
    pub(crate) after: u64,
}

/// What was seen, as far as it matters for the verdict.
#[derive(Debug)]
pub(crate) struct Evidence<'a> {
    pub(crate) ended: Option<&'a Ended>,
    /// The model went on after the last result.
    pub(crate) went_on: bool,
    pub(crate) error: Option<&'a ApiError>,
    pub(crate) retry: Option<&'a Retry>,
    pub(crate) refused: bool,
    /// The limit that the provider named when it rejected a request.
    pub(crate) limit: Option<&'a str>,
    /// The last line that was no JSON.
    pub(crate) stray: &'a str,
}

/// The verdict on what was seen and how the program ended.
pub(crate) fn verdict(evidence: &Evidence<'_>, exit: &Exit) -> Verdict {
    let done = evidence.ended.is_some_and(|ended| ended.succeeded() && !evidence.went_on);
    // A success that was gone on from says nothing about what came after it.
    let failed = evidence.ended.filter(|ended| !ended.succeeded());
    match exit.ending {
        Ending::Cancelled => stopped(evidence, FailureClass::Cancelled, Stopped::Cancelled),
        Ending::OverBudget => stopped(evidence, FailureClass::Budget, Stopped::OverBudget),
        _ if done => Verdict::Completed,
        Ending::WallClock => stopped(evidence, FailureClass::Timeout, Stopped::WallClock),
        Ending::Idle => stopped(evidence, FailureClass::Timeout, Stopped::Idle),
        Ending::Lost if failed.is_none() => stopped(evidence, FailureClass::Lost, Stopped::Lost),
        Ending::Itself | Ending::AfterFinal | Ending::Lost => match (failed, signal(exit)) {
            // An interrupted program still gives a result, which says no more than that.
            (Some(ended), Some(signal)) if ended.was_interrupted() => {
                stopped(evidence, FailureClass::Killed, Stopped::Signal(signal))
            }
            (Some(ended), _) => Verdict::Failed(failures::of_result(ended, evidence)),
            (None, Some(signal)) => stopped(evidence, FailureClass::Killed, Stopped::Signal(signal)),
            (None, None) => Verdict::Failed(without_result(evidence, exit)),
        },
    }
}

/// The signal that ended it. A program that handles a signal exits with 128 and its number.
fn signal(exit: &Exit) -> Option<u32> {
    exit.signal.or(match exit.code {
        Some(code @ (129 | 130 | 131 | 137 | 143)) => u32::try_from(code - 128).ok(),
        _ => None,
    })
}

fn stopped(evidence: &Evidence<'_>, class: FailureClass, stopped: Stopped) -> Verdict {
    let mut message = stopped.message("Claude Code");
    // What it was waiting for is often the true reason.
    if let Some(retry) = evidence.retry {
        let why = retry.status.map_or_else(|| "no answer".to_owned(), |status| format!("HTTP {status}"));
        message.push_str(&format!(" It was waiting to repeat a request after {why}."));
    }
    let mut failure = failure(class, message, stopped.remedy());
    failure.status = evidence.retry.and_then(|retry| retry.status);
    Verdict::Failed(failure)
}

/// What the program prints where it does not even begin, and what helps.
const REFUSALS: [(&str, FailureClass, &str); 8] = [
    (
        "unknown option",
        FailureClass::SyntaxError,
        "Update Claude Code, or remove the option from `extra_arguments`.",
    ),
    (
        "is already in use",
        FailureClass::SyntaxError,
        "This attempt's session exists already: run the task again as a new attempt.",
    ),
    ("Invalid session ID", FailureClass::SyntaxError, "Start without a session."),
    (
        "cannot be used with root",
        FailureClass::SyntaxError,
        "Remove `permission_mode = \"bypassPermissions\"`, run as another user, or set `env.IS_SANDBOX = \"1\"`.",
    ),
    ("Input must be provided", FailureClass::SyntaxError, "Give an instruction that says something."),
    (
        "Error parsing streaming input",
        FailureClass::SyntaxError,
        "Remove `--input-format` from `extra_arguments`.",
    ),
    (UNKNOWN_SESSION, FailureClass::SyntaxError, failures::NEW_SESSION),
    ("Not logged in", FailureClass::AuthFailure, crate::identity::LOGIN_REMEDY),
];

fn without_result(evidence: &Evidence<'_>, exit: &Exit) -> Failure {
    let said = [exit.stderr.as_str(), evidence.stray];
    for (words, class, remedy) in REFUSALS {
        if let Some(line) = said.iter().flat_map(|text| text.lines()).find(|line| line.contains(words)) {
            let message = format!("Claude Code did not start the work: {}", first_line(line, 300));
            return failure(class, message, Some(remedy));
        }
    }
    if let Some(error) = evidence.error {
        return failures::of_api(error, None, evidence);
    }
    let how = match exit.code {
        Some(code) => format!("ended with code {code}"),
        None => "ended".to_owned(),
    };
    let said = said.iter().map(|text| first_line(text, 300)).find(|line| !line.is_empty());
    let said = said.map_or_else(String::new, |line| format!(": {line}"));
    failure(
        FailureClass::Unknown,
        format!("Claude Code {how} without a result{said}"),
        Some(
            "See the attempt's log; `claude --version` and `claude auth status` tell whether it works at all.",
        ),
    )
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
