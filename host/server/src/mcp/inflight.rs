//! Calls that are being answered, so that `notifications/cancelled` finds the one that it means.
//!
//! Clients of the older era call a request off in a request of its own, by an id that is theirs alone. So an
//! `initialize` is answered with a random session id, which is kept nowhere: it says which client's ids these
//! are, outlives a restart of the host, and has no other use.

use super::choice::Choice;
use super::message::{self, Accepted, BOTH, Message};
use crate::pace;
use crate::refused::LARGEST_BODY;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::ACCEPT;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use jackfield::Principal;
use jackfield_files::random_hex;
use parking_lot::Mutex;
use rmcp::model::ErrorCode;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The header that an `initialize` is answered with, and that its client sends from then on.
pub(super) const SESSION: &str = "mcp-session-id";
/// Longest message that is looked into: what opens a session or calls a request off is short.
const LONGEST: usize = 64 << 10;
/// Longest session id that is heeded, bytes.
const LONGEST_SESSION: usize = 128;

/// Principal, session and request id.
type Key = (String, String, String);

/// Every call that could be called off.
#[derive(Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashMap<Key, CancellationToken>>>);

/// A call that is known until this is dropped.
pub(super) struct Entered {
    calls: InFlight,
    key: Key,
    token: CancellationToken,
}

impl InFlight {
    pub(super) fn enter(&self, principal: &str, session: &str, id: &str) -> Entered {
        let key = (principal.to_owned(), session.to_owned(), id.to_owned());
        let token = CancellationToken::new();
        if session.len() <= LONGEST_SESSION
            && let Entry::Vacant(place) = self.0.lock().entry(key.clone())
        {
            place.insert(token.clone());
        }
        Entered { calls: self.clone(), key, token }
    }

    fn call_off(&self, principal: &str, session: &str, id: &str) {
        let key = (principal.to_owned(), session.to_owned(), id.to_owned());
        match self.0.lock().get(&key) {
            Some(token) => token.cancel(),
            // It was answered meanwhile, which is no fault of anybody's.
            None => tracing::debug!(id, "nothing is in flight under the id that was called off"),
        }
    }
}

impl Entered {
    pub(super) fn called_off(&self) -> CancellationToken {
        self.token.clone()
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut calls = self.calls.0.lock();
        // A client that uses one id twice at a time has only the first of them known.
        if calls.get(&self.key).is_some_and(|known| known == &self.token) {
            calls.remove(&self.key);
        }
    }
}

/// What this door does to each request before the protocol is spoken: the choice is read from the address, a
/// session is named, and a call is called off.
pub(super) async fn before(State(calls): State<InFlight>, mut request: Request, next: Next) -> Response {
    match Choice::of(request.uri()) {
        Ok(choice) => drop(request.extensions_mut().insert(choice)),
        Err(problem) if problem.code == jackfield_types::ErrorCode::NoSuchRoute => {
            return crate::refused::refuse(StatusCode::NOT_FOUND, problem);
        }
        Err(problem) => return crate::refused::refuse(StatusCode::BAD_REQUEST, problem),
    }
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let body = match to_bytes(body, LARGEST_BODY).await {
        Ok(body) => body,
        Err(error) if pace::is_late(&error) => {
            return crate::refused::refuse(StatusCode::REQUEST_TIMEOUT, crate::refused::too_slow());
        }
        Err(_) => return crate::refused::refuse(StatusCode::PAYLOAD_TOO_LARGE, crate::refused::too_large()),
    };
    let accepted = Accepted::of(&parts.headers);
    if !accepted.json {
        let why = format!("the answer is JSON, which the client does not accept: send `Accept: {BOTH}`");
        return message::error(StatusCode::NOT_ACCEPTABLE, &Value::Null, ErrorCode::INVALID_REQUEST, &why);
    }
    parts.headers.insert(ACCEPT, HeaderValue::from_static(BOTH));
    // What is not said to be JSON is refused as that below.
    let looked = if message::is_json(&parts.headers) {
        message::checked(body, accepted)
    } else {
        Ok(message::Message { body, id: Value::Null })
    };
    let Message { body, id } = match looked {
        Ok(message) => message,
        Err(refused) => return *refused,
    };
    let opens = is(&body, "initialize");
    if let (Some(called), Some(session)) = (called_off(&body), parts.headers.get(SESSION))
        && let Ok(session) = session.to_str()
    {
        let principal = parts.extensions.get::<Principal>().map_or("", Principal::name);
        calls.call_off(principal, session, &called);
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let mut response = message::readable(response, &id).await;
    if opens
        && response.status().is_success()
        && let Some(session) = random()
    {
        response.headers_mut().insert(SESSION, session);
    }
    response
}

#[derive(Deserialize)]
struct Called {
    method: String,
    #[serde(default)]
    params: serde_json::Value,
}

fn called(body: &Bytes, method: &str) -> Option<Called> {
    // Nearly every message is another one, and is parsed where it is answered.
    if body.len() > LONGEST || !body.windows(method.len()).any(|part| part == method.as_bytes()) {
        return None;
    }
    let message: Called = serde_json::from_slice(body).ok()?;
    (message.method == method).then_some(message)
}

fn is(body: &Bytes, method: &str) -> bool {
    called(body, method).is_some()
}

/// The id, as JSON, of the request that this message calls off.
fn called_off(body: &Bytes) -> Option<String> {
    let message = called(body, "notifications/cancelled")?;
    message.params.get("requestId").map(ToString::to_string)
}

fn random() -> Option<HeaderValue> {
    HeaderValue::from_str(&random_hex::<16>().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_call_with_the_client_and_id_is_cancelled() {
        let calls = InFlight::default();
        let mine = calls.enter("me", "one", "7");
        let others =
            [calls.enter("me", "two", "7"), calls.enter("you", "one", "7"), calls.enter("me", "one", "8")];
        calls.call_off("me", "one", "7");
        assert!(mine.called_off().is_cancelled());
        assert!(others.iter().all(|other| !other.called_off().is_cancelled()));
        drop((mine, others));
        assert!(calls.0.lock().is_empty(), "what was answered is forgotten");
    }

    #[test]
    fn repeated_request_id_belongs_to_the_first_call() {
        let calls = InFlight::default();
        let first = calls.enter("me", "one", "7");
        drop(calls.enter("me", "one", "7"));
        calls.call_off("me", "one", "7");
        assert!(first.called_off().is_cancelled());
    }

    #[test]
    fn kind_of_a_message_follows_from_its_method_only() {
        let call =
            Bytes::from(r#"{"method":"tools/call","params":{"instruction":"notifications/cancelled"}}"#);
        assert_eq!(called_off(&call), None);
        let note = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a-1"}}"#;
        assert_eq!(called_off(&Bytes::from(note)).unwrap(), "\"a-1\"");
        assert!(!is(&Bytes::from(r#"{"method":"notifications/initialized"}"#), "initialize"));
    }
}
