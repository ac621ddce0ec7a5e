//! Why codex failed. It says so in prose only: one sentence in `turn.failed`, without a code or a
//! status field, so the sentence is what is judged.

use crate::driving::{Failure, FailureClass};
use alloc::format;
use alloc::string::{String, ToString};
use jackfield_sdk::clip;
use jackfield_sdk::exec::{http_status, retry_after};

const MOST: usize = 400;

/// A failure without retry-after and status.
pub(crate) fn failure(class: FailureClass, message: String, remedy: Option<&str>) -> Failure {
    Failure { class, message, remedy: remedy.map(ToString::to_string), retry_after: None, status: None }
}

/// What `said`, codex's own sentence, comes to.
pub(crate) fn judge(said: &str) -> Failure {
    let status = http_status(said);
    let (class, lead, remedy) = class_of(&said.to_lowercase(), status);
    let retry_after = match class {
        FailureClass::RateLimited | FailureClass::Overloaded | FailureClass::NoCredit => retry_after(said),
        _ => None,
    };
    Failure {
        class,
        message: format!("{lead}: {}", clip(plain(said), MOST)),
        remedy: remedy.map(ToString::to_string),
        retry_after,
        status,
    }
}

/// The first line that fits; `said` is in lower case. The order matters: a timeout also says that
/// the stream was disconnected, and a refused key also names a status.
fn class_of(said: &str, status: Option<u16>) -> (FailureClass, &'static str, Option<&'static str>) {
    use crate::bindings::jackfield::plugin::types::FailureClass::*;
    let has = |needles: &[&str]| needles.iter().any(|needle| said.contains(needle));
    const LOG_IN: &str = "Run `codex login`, or set a valid CODEX_API_KEY or OPENAI_API_KEY.";

    if has(&["missing environment variable"]) {
        (AuthFailure, "Codex has no credential", Some(LOG_IN))
    } else if status == Some(401)
        || has(&[
            "incorrect api key",
            "not logged in",
            "log out and sign in",
            "refresh token",
            "unauthorized",
        ])
    {
        (AuthFailure, "The provider did not accept the credential", Some(LOG_IN))
    } else if status == Some(403) {
        (AuthFailure, "The provider refused this account", Some("Use another account, key or region."))
    } else if status == Some(402)
        || has(&["quota exceeded", "insufficient_quota", "out of credits", "billing details"])
    {
        (
            NoCredit,
            "The account is out of credit",
            Some("Add credit at the provider, or use another executor."),
        )
    } else if has(&["usage limit"]) {
        (
            RateLimited,
            "The subscription's usage limit is reached",
            Some("Wait until it resets, or use an API key."),
        )
    } else if status == Some(429) || has(&["rate limit", "too many requests"]) {
        (RateLimited, "The provider asks for fewer requests", Some("Wait, or use another executor."))
    } else if has(&[
        "ran out of room",
        "context window",
        "context_length",
        "maximum length",
        "input_too_large",
    ]) {
        (
            ContextOverflow,
            "The model's context is full",
            Some("Start a new session, send less context, or use a model with a larger window."),
        )
    } else if has(&["does not exist or you do not have access", "model_not_found", "model is not supported"])
        || (status == Some(404) && has(&["model"]))
    {
        (
            UnknownModel,
            "The provider does not offer the model",
            Some("Name a model that this account may use."),
        )
    } else if has(&["max_output_tokens"]) {
        (
            Unknown,
            "The answer was cut off at the model's output limit",
            Some("Ask for less at a time, or use a model with a larger output limit."),
        )
    } else if has(&["content_filter", "content policy", "usage policies", "flagged"]) {
        (Refused, "The model would not do it", Some("Say it differently, or use another model."))
    } else if has(&["at capacity", "high demand", "overloaded"]) || status.is_some_and(|status| status >= 500)
    {
        (Overloaded, "The provider is at capacity", Some("Try again later, or use another model."))
    } else if has(&["idle timeout", "timed out"]) {
        (Timeout, "The provider stopped answering", Some("Check the provider's status, then try again."))
    } else if has(&[
        "connection failed",
        "stream disconnected",
        "error sending request",
        "lookup address",
        "network",
    ]) {
        (
            Network,
            "The provider could not be reached",
            Some("Check the network and base_url, then try again."),
        )
    } else {
        (Unknown, "Codex gave up", None)
    }
}

/// Without the address and the request's number, which help nobody who reads it.
fn plain(said: &str) -> &str {
    let end = [", url: ", ", request id: "].iter().filter_map(|tail| said.find(tail)).min();
    said.get(..end.unwrap_or(said.len())).unwrap_or(said).trim_end_matches('.')
}
