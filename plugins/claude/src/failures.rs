//! The failures that Claude Code and the API behind it report, with their class and what helps.
//!
//! A class says what may follow: a 5xx is the provider's trouble and goes away by waiting or going
//! elsewhere (`overloaded`); no answer at all is ours to look at (`network`).

use crate::identity::LOGIN_REMEDY;
use crate::types::{Failure, FailureClass};
use crate::verdict::{ApiError, Ended, Evidence};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use jackfield_sdk::{exec, first_line};

/// What helps where a session is gone.
pub(crate) const NEW_SESSION: &str =
    "Start a new session: an old one can be gone on with only in the folder where it began.";

/// A failure of `class`.
pub(crate) fn failure(class: FailureClass, message: String, remedy: Option<&str>) -> Failure {
    Failure { class, message, remedy: remedy.map(ToOwned::to_owned), retry_after: None, status: None }
}

/// The class of an error by the name that the program gives it, its HTTP status and its words.
pub(crate) fn class_of(kind: &str, status: Option<u16>, text: &str) -> FailureClass {
    match kind {
        "authentication_failed" | "oauth_org_not_allowed" => return FailureClass::AuthFailure,
        "billing_error" => return FailureClass::NoCredit,
        "rate_limit" => return FailureClass::RateLimited,
        "overloaded" => return FailureClass::Overloaded,
        "model_not_found" => return FailureClass::UnknownModel,
        "max_output_tokens" => return FailureClass::Unknown,
        _ => {}
    }
    match status {
        Some(401 | 403) => return FailureClass::AuthFailure,
        Some(402) => return FailureClass::NoCredit,
        Some(404) => return FailureClass::UnknownModel,
        Some(413) => return FailureClass::ContextOverflow,
        Some(429) => return FailureClass::RateLimited,
        Some(408) => return FailureClass::Network,
        Some(500..) => return FailureClass::Overloaded,
        _ => {}
    }
    let text = text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["not logged in", "please run /login", "invalid api key", "failed to authenticate"]) {
        FailureClass::AuthFailure
    } else if says(&["prompt is too long", "context window"]) {
        FailureClass::ContextOverflow
    } else if says(&["credit balance"]) {
        FailureClass::NoCredit
    } else if says(&["rate limit", "usage limit", "session limit", "weekly limit"]) {
        FailureClass::RateLimited
    } else if says(&["overloaded"]) {
        FailureClass::Overloaded
    } else if status.is_none()
        && (kind == "server_error" || says(NO_ANSWER) || (kind == "unknown" && text.is_empty()))
    {
        FailureClass::Network
    } else if kind == "invalid_request" || status.is_some() {
        FailureClass::SyntaxError
    } else {
        FailureClass::Unknown
    }
}

/// Words for an answer that did not come, or came in pieces.
const NO_ANSWER: &[&str] = &[
    "unable to connect",
    "connection",
    "econnre",
    "enotfound",
    "etimedout",
    "eai_again",
    "failed to parse json",
    "fetch failed",
    "socket",
    "timed out",
    "terminated",
    "certificate",
];

/// The failure that a result with its error flag set tells of.
pub(crate) fn of_result(ended: &Ended, evidence: &Evidence<'_>) -> Failure {
    let errors = ended.errors.join(" ");
    match ended.subtype.as_str() {
        "error_max_turns" => {
            return failure(
                FailureClass::Timeout,
                format!("Claude Code reached its limit of turns before it was done. {errors}"),
                Some("Raise the setting `max_turns`, or split the task."),
            );
        }
        "error_max_budget_usd" => {
            return failure(
                FailureClass::Budget,
                format!("Claude Code stopped at the budget of this attempt. {errors}"),
                Some("Raise the limit for the run or the task, or split the task."),
            );
        }
        "error_max_structured_output_retries" => {
            return failure(
                FailureClass::Unknown,
                "The model did not manage to answer in the form that was asked for.".to_owned(),
                Some("Simplify the form, or ask a stronger model."),
            );
        }
        _ => {}
    }
    if ended.is_unknown_session() {
        return failure(FailureClass::SyntaxError, format!("{errors}."), Some(NEW_SESSION));
    }
    if ended.was_interrupted() {
        return failure(
            FailureClass::Killed,
            "Claude Code was interrupted from outside before it was done.".to_owned(),
            Some("Find out who interrupted it, then run it again."),
        );
    }
    if ended.terminal_reason == "prompt_too_long" || ended.stop_reason == "model_context_window_exceeded" {
        let mut failure = failure(
            FailureClass::ContextOverflow,
            format!("The request is larger than the model's context window: {}", said(&ended.text)),
            Some("Give less context, fewer files or fewer tools, or a model with a larger window."),
        );
        failure.status = ended.status;
        return failure;
    }
    if ended.stop_reason == "refusal" || evidence.refused {
        return failure(
            FailureClass::Refused,
            "The model refused the request.".to_owned(),
            Some("Say it in other words, or ask another model."),
        );
    }
    let error = ApiError {
        kind: evidence.error.map(|error| error.kind.clone()).unwrap_or_default(),
        text: if ended.text.is_empty() { errors } else { ended.text.clone() },
    };
    of_api(&error, ended.status, evidence)
}

/// The failure that an error of the API is.
pub(crate) fn of_api(error: &ApiError, status: Option<u16>, evidence: &Evidence<'_>) -> Failure {
    let mut class = class_of(&error.kind, status, &error.text);
    if class == FailureClass::Unknown && evidence.limit.is_some() {
        class = FailureClass::RateLimited;
    }
    let said = said(&error.text);
    let code = status.map_or_else(String::new, |status| format!(" (HTTP {status})"));
    let (message, remedy) = match class {
        FailureClass::AuthFailure if status == Some(403) => (
            format!("The provider does not allow this with the credential given{code}: {said}"),
            "Give the key access to this model and workspace, or use another key.",
        ),
        FailureClass::AuthFailure if status.is_some() => (
            format!("The provider refused the credential{code}: {said}"),
            "Check the key or token: it is wrong, expired or revoked.",
        ),
        FailureClass::AuthFailure => (format!("Claude Code has no credential: {said}"), LOGIN_REMEDY),
        FailureClass::NoCredit => (
            format!("The account is out of credit{code}: {said}"),
            "Add credit to the account at the provider, or use another credential.",
        ),
        FailureClass::RateLimited => {
            let which = evidence.limit.map_or_else(String::new, |limit| format!(" of `{limit}`"));
            (
                format!("The provider's rate limit{which} is reached{code}: {said}"),
                "Wait until the limit has passed, run fewer attempts at once, or use another executor.",
            )
        }
        FailureClass::Overloaded => (
            format!("The provider is in trouble or at capacity{code}: {said}"),
            "Try again later, or use another executor.",
        ),
        FailureClass::Network => (
            format!("The provider could not be reached, or its answer broke off: {said}"),
            "Check the network, the proxy and the setting `base_url`.",
        ),
        FailureClass::UnknownModel => (
            format!("The provider does not know the model{code}: {said}"),
            "Correct the model's name, or see that the account has access to it.",
        ),
        FailureClass::ContextOverflow => (
            format!("The request is too large{code}: {said}"),
            "Give less context, or a model with a larger window.",
        ),
        FailureClass::SyntaxError => (
            format!("The provider did not understand the request{code}: {said}"),
            "Check the settings of the executor, and that its version fits the endpoint.",
        ),
        _ if error.kind == "max_output_tokens" => (
            format!("The model's answer was longer than its limit: {said}"),
            "Raise the setting `max_output_tokens`, or split the task.",
        ),
        _ => (format!("Claude Code failed{code}: {said}"), "See the attempt's log."),
    };
    let mut failure = failure(class, message, Some(remedy));
    failure.status = status;
    if matches!(class, FailureClass::RateLimited | FailureClass::Overloaded) {
        // The program never waits shorter than the provider asked, so its last wait is long enough.
        let waited = evidence.retry.filter(|retry| retry.class == class).map(|retry| retry.after);
        failure.retry_after = exec::retry_after(&error.text).max(waited);
    }
    failure
}

/// The first line of what was said, without the program's own prefix.
fn said(text: &str) -> String {
    let line = first_line(text, 300);
    line.strip_prefix("API Error: ").map(ToOwned::to_owned).unwrap_or(line)
}
