//! What is left to judge by when there was no `result` event: who ended the program, its exit code
//! and its standard error. The last is noisy even when all is well, so it is asked only for words
//! that gemini is known to say.

use crate::bindings::jackfield::plugin::types::FailureClass;
use crate::describe::PROGRAM;
use crate::driving::{Ending, Exit, Failure};
use crate::verdict::{failure, judge};
use alloc::format;
use alloc::string::ToString;
use jackfield_sdk::clip;
use jackfield_sdk::exec::Stopped;

const MOST: usize = 400;

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

/// The failure of a program that ended by itself without a result. `begun`: it had begun to work.
pub(crate) fn silent(exit: &Exit, begun: bool) -> Failure {
    let said = complaint(&exit.stderr);
    let known = |class, lead: &str, remedy: &str| {
        let message =
            if said.is_empty() { format!("{lead}.") } else { format!("{lead}: {}", clip(said, MOST)) };
        failure(class, message, Some(remedy))
    };
    use FailureClass::*;
    match exit.code {
        Some(41) => known(
            AuthFailure,
            "Gemini has no credential",
            "Set GEMINI_API_KEY for Jackfield, or run `gemini` once and log in.",
        ),
        Some(42) if exit.stderr.contains("resuming session") => known(
            SyntaxError,
            "Gemini cannot go on with the session",
            "Start without a session; gemini resumes one only in the folder where it began.",
        ),
        Some(42) => known(SyntaxError, "Gemini did not accept its input", "Say what should be done."),
        Some(44) => {
            known(SyntaxError, "Gemini's sandbox did not start", "Mend or switch off gemini's own sandbox.")
        }
        Some(52) => known(SyntaxError, "Gemini cannot read its settings", "Mend gemini's settings.json."),
        Some(53) => judge(said, "FatalTurnLimitedError", None),
        Some(54) => known(Unknown, "A tool of gemini failed", "Read its log."),
        Some(55) => known(
            SyntaxError,
            "Gemini does not trust the folder",
            "Let Jackfield set GEMINI_CLI_TRUST_WORKSPACE.",
        ),
        _ if exit.stderr.contains("Unknown argument") || exit.stderr.contains("Invalid values") => known(
            SyntaxError,
            "Gemini did not understand how it was called",
            "Install the gemini version that this adapter was tested with (0.61).",
        ),
        // Interrupted, it leaves with code 0 or 130 and without a word.
        Some(0 | 130) if begun => failure(
            Killed,
            "Gemini was interrupted before it gave a result.".to_string(),
            Some("Find out who ended it, then run it again."),
        ),
        code if begun && !said.is_empty() => judge(said, "", code),
        code => {
            let code =
                code.map_or("without an exit code".to_string(), |code| format!("with exit code {code}"));
            let message = format!("Gemini ended {code} and without a result. {}", clip(said, MOST));
            failure(Unknown, message.trim_end().to_string(), Some("Read its log."))
        }
    }
}

/// The first line that is no chatter.
fn complaint(stderr: &str) -> &str {
    const CHATTER: [&str; 6] = ["Warning:", "YOLO mode", "Ripgrep is", "[STARTUP]", "Attempt ", "Usage:"];
    let mut lines = stderr.lines().map(str::trim);
    lines
        .find(|line| !line.is_empty() && !CHATTER.iter().any(|chatter| line.starts_with(chatter)))
        .unwrap_or_default()
}
