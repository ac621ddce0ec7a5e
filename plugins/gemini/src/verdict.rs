//! Why gemini failed, judged by what it says: the kind in its `result` event is "unknown" for every
//! error of the API, and its exit code is the HTTP status cut to eight bits.

use crate::bindings::jackfield::plugin::types::FailureClass::{self, *};
use crate::driving::Failure;
use crate::line::Provider;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use jackfield_sdk::exec::{http_status, retry_after};
use jackfield_sdk::first_line;
use jackfield_sdk::json::read;

const MOST: usize = 400;

/// A failure without retry-after and status.
pub(crate) fn failure(class: FailureClass, message: String, remedy: Option<&str>) -> Failure {
    Failure { class, message, remedy: remedy.map(ToString::to_string), retry_after: None, status: None }
}

/// What gemini's own words come to. `kind`: the type of its error; `code`: the exit code.
pub(crate) fn judge(said: &str, kind: &str, code: Option<i32>) -> Failure {
    let (inner, status) = unwrap(said);
    let status = status.or_else(|| http_status(said)).or_else(|| from_exit(code));
    // Not by all that was said: gemini's advice after the error speaks of quotas and log-ins in turn.
    let (class, lead, remedy) = class_of(&inner.to_lowercase(), kind, status);
    let retry_after = match class {
        RateLimited | Overloaded | NoCredit => retry_after(said),
        _ => None,
    };
    let inner = first_line(&inner, MOST);
    let message = if inner.is_empty() { format!("{lead}.") } else { format!("{lead}: {inner}") };
    Failure { class, message, remedy: remedy.map(ToString::to_string), retry_after, status }
}

/// The words inside `[API Error: …]`, and the status if they are the provider's own JSON.
fn unwrap(said: &str) -> (Cow<'_, str>, Option<u16>) {
    let Some(rest) = said.strip_prefix("[API Error: ") else { return (Cow::Borrowed(said), None) };
    let inner = rest.rfind(']').and_then(|end| rest.get(..end)).unwrap_or(rest);
    let provider: Provider<'_> = read(inner.as_bytes()).unwrap_or_default();
    let Some(error) = provider.error.0 else { return (Cow::Borrowed(inner), None) };
    let status = error.code.count().and_then(|code| u16::try_from(code).ok());
    let words = error.message.words().map_or(Cow::Borrowed(inner), |words| Cow::Owned(words.to_string()));
    (words, status)
}

/// The HTTP status that an exit code was cut from; the small codes have meanings of their own.
fn from_exit(code: Option<i32>) -> Option<u16> {
    let code = u16::try_from(code?).ok()?;
    Some(code + 256).filter(|status| [400, 401, 402, 403, 429, 500, 502, 503, 504].contains(status))
}

/// The first line that fits; `said` is in lower case. The order matters: a spent quota also comes
/// with status 429, and a bad key with 400.
fn class_of(
    said: &str,
    kind: &str,
    status: Option<u16>,
) -> (FailureClass, &'static str, Option<&'static str>) {
    let has = |needles: &[&str]| needles.iter().any(|needle| said.contains(needle));
    const LOG_IN: &str = "Set a valid GEMINI_API_KEY for Jackfield, or run `gemini` once and log in.";

    if kind == "FatalTurnLimitedError" || has(&["max session turns", "maximum session turns"]) {
        (
            Timeout,
            "Gemini reached its limit of turns before it was done",
            Some("Raise the setting max_turns, or split the task."),
        )
    } else if status == Some(401)
        || kind == "FatalAuthenticationError"
        || has(&["api key not valid", "api_key_invalid", "unauthenticated", "auth method", "gemini_api_key"])
    {
        (AuthFailure, "Gemini has no valid credential", Some(LOG_IN))
    } else if status == Some(403) || has(&["permission_denied"]) {
        (AuthFailure, "The provider refused this account", Some("Use another account, key or region."))
    } else if status == Some(402) || has(&["daily quota", "exhausted your", "billing"]) {
        (
            NoCredit,
            "The account's quota is used up",
            Some("Wait until it resets, ask for a larger one, or use another model or executor."),
        )
    } else if status == Some(429)
        || has(&["resource has been exhausted", "resource_exhausted", "rate limit", "quota"])
    {
        (RateLimited, "The provider asks for fewer requests", Some("Wait, or use another executor."))
    } else if has(&["exceeds the maximum number of tokens", "input token count", "context window"]) {
        (
            ContextOverflow,
            "The model's context is full",
            Some("Start a new session, send less context, or use a model with a larger window."),
        )
    } else if has(&["is not found for api version", "model not found", "requested entity was not found"])
        || status == Some(404)
    {
        (
            UnknownModel,
            "The provider does not offer the model",
            Some("Name a model that this account may use."),
        )
    } else if has(&["safety", "blocked", "prohibited"]) {
        (Refused, "The model would not do it", Some("Say it differently, or use another model."))
    } else if has(&["overloaded", "internal error", "unavailable"])
        || status.is_some_and(|status| status >= 500)
    {
        (Overloaded, "The provider is at capacity", Some("Try again later, or use another model."))
    } else if has(&["timed out", "timeout"]) {
        (Timeout, "The provider stopped answering", Some("Check the provider's status, then try again."))
    } else if has(&["fetch failed", "terminated", "econn", "enotfound", "socket", "network"]) {
        (
            Network,
            "The provider could not be reached",
            Some("Check the network and base_url, then try again."),
        )
    } else if has(&["in json", "incomplete json", "without a finish reason", "stream ended"]) {
        (Network, "The provider's answer was broken off", Some("Try again."))
    } else {
        (Unknown, "Gemini gave up", Some("Read its log."))
    }
}
