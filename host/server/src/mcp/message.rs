//! What a message must be before the protocol is spoken: JSON-RPC 2.0 in JSON, and a client that takes the answer. What
//! is not is answered with a JSON-RPC error, which is all that a client can read.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use rmcp::model::ErrorCode;
use serde_json::{Map, Value, json};

const JSON: &str = "application/json";
const STREAM: &str = "text/event-stream";
/// What the protocol's library wants to read in `Accept`, whatever of it the client takes.
pub(super) const BOTH: &str = "application/json, text/event-stream";
/// Longest text of a refusal that is passed on, bytes.
const LONGEST: usize = 64 << 10;
/// What is answered as a stream by its nature.
const STREAMED: &str = "subscriptions/listen";

/// What a client takes as an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accepted {
    pub(super) json: bool,
    pub(super) stream: bool,
}

impl Accepted {
    /// By `Accept`, as HTTP has it: the most specific range counts, and without one everything is taken.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges: Vec<(String, bool)> =
            given.flat_map(|value| value.split(',')).filter_map(range).collect();
        let takes = |media: &str| {
            let whole = media.split_once('/').map(|(kind, _)| format!("{kind}/*")).unwrap_or_default();
            let named = [media, whole.as_str(), "*/*"].into_iter();
            let mut found = named.filter_map(|name| ranges.iter().find(|(range, _)| range == name));
            ranges.is_empty() || found.next().is_some_and(|(_, taken)| *taken)
        };
        Self { json: takes(JSON), stream: takes(STREAM) }
    }
}

/// A media range, and whether its weight is more than nothing.
fn range(entry: &str) -> Option<(String, bool)> {
    let mut parts = entry.split(';').map(str::trim);
    let media = parts.next().filter(|media| !media.is_empty())?.to_ascii_lowercase();
    let weight = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse::<f32>().ok())?
    });
    Some((media, weight.is_none_or(|weight| weight > 0.0)))
}

/// Whether the body is said to be JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(JSON)
}

/// A message that may be passed on.
#[derive(Debug)]
pub(super) struct Message {
    /// As it came, or with what the protocol's library does not take put right.
    pub(super) body: Bytes,
    /// What an answer names; null where there is none.
    pub(super) id: Value,
}

/// Looks at a message.
///
/// # Errors
/// The answer to one that is none.
pub(super) fn checked(body: Bytes, accepted: Accepted) -> Result<Message, Box<Response>> {
    let refused = |id: &Value, code, why: &str| Err(Box::new(error(StatusCode::BAD_REQUEST, id, code, why)));
    let nothing = Value::Null;
    let mut fields = match serde_json::from_slice(&body) {
        Ok(Value::Object(fields)) => fields,
        Ok(Value::Array(_)) => {
            let why = "batches are not supported: send each message in its own request";
            return refused(&nothing, ErrorCode::INVALID_REQUEST, why);
        }
        Ok(_) => return refused(&nothing, ErrorCode::INVALID_REQUEST, "the message is not an object"),
        Err(why) => {
            let why = format!("the message is not JSON: {why}");
            return refused(&nothing, ErrorCode::PARSE_ERROR, &why);
        }
    };
    let id = match fields.get("id") {
        None => Value::Null,
        Some(id) if id.is_string() || id.is_i64() => id.clone(),
        Some(_) => {
            let why = "`id` must be a text or a whole number, and may not be null";
            return refused(&nothing, ErrorCode::INVALID_REQUEST, why);
        }
    };
    if fields.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return refused(&id, ErrorCode::INVALID_REQUEST, "`jsonrpc` must be \"2.0\"");
    }
    let method = match fields.get("method") {
        Some(Value::String(method)) => method.clone(),
        None if fields.contains_key("result") || fields.contains_key("error") => {
            return Ok(Message { body, id });
        }
        _ => return refused(&id, ErrorCode::INVALID_REQUEST, "`method` must be a text"),
    };
    if method == STREAMED && !accepted.stream {
        let why = format!("the answer to {STREAMED} is a stream: send `Accept: {BOTH}`");
        return Err(Box::new(error(StatusCode::NOT_ACCEPTABLE, &id, ErrorCode::INVALID_REQUEST, &why)));
    }
    match put_right(&mut fields, accepted) {
        Ok(false) => Ok(Message { body, id }),
        Ok(true) => Ok(Message { body: Value::Object(fields).to_string().into(), id }),
        Err(why) => refused(&id, ErrorCode::INVALID_PARAMS, why),
    }
}

/// `null` for what may be left out is left out, and a client that takes no stream is told of no progress: that would
/// make one of its answer. True where anything was changed.
fn put_right(fields: &mut Map<String, Value>, accepted: Accepted) -> Result<bool, &'static str> {
    let params = match fields.get_mut("params") {
        None => return Ok(false),
        Some(Value::Null) => {
            fields.remove("params");
            return Ok(true);
        }
        Some(Value::Object(params)) => params,
        Some(_) => return Err("`params` must be an object"),
    };
    match params.get_mut("_meta") {
        None => Ok(false),
        Some(Value::Null) => Ok(params.remove("_meta").is_some()),
        Some(Value::Object(meta)) => Ok(!accepted.stream && meta.remove("progressToken").is_some()),
        Some(_) => Err("`_meta` must be an object"),
    }
}

/// An error as a JSON-RPC client reads it.
pub(super) fn error(status: StatusCode, id: &Value, code: ErrorCode, why: &str) -> Response {
    let said = json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code.0, "message": why } });
    (status, [(CONTENT_TYPE, JSON)], said.to_string()).into_response()
}

/// What the protocol's library refuses in plain text, as an error that a client can read.
pub(super) async fn readable(response: Response, id: &Value) -> Response {
    let status = response.status();
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_plain = kind.is_empty() || kind.starts_with("text/plain");
    if !(status.is_client_error() || status.is_server_error()) || !is_plain {
        return response;
    }
    // The port has its own words for these.
    if matches!(status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::METHOD_NOT_ALLOWED) {
        return response;
    }
    let text = to_bytes(Body::new(response.into_body()), LONGEST).await.unwrap_or_default();
    let code = if status.is_server_error() { ErrorCode::INTERNAL_ERROR } else { ErrorCode::INVALID_REQUEST };
    error(status, id, code, String::from_utf8_lossy(&text).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Accepted = Accepted { json: true, stream: true };

    fn accepted(values: &[&'static str]) -> (bool, bool) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT, value.parse().unwrap());
        }
        let Accepted { json, stream } = Accepted::of(&headers);
        (json, stream)
    }

    fn code(body: &str) -> i64 {
        let refused = checked(Bytes::from(body.to_owned()), ALL).unwrap_err();
        let said = futures::executor::block_on(to_bytes((*refused).into_body(), LONGEST)).unwrap();
        let said: Value = serde_json::from_slice(&said).unwrap();
        assert!(said["jsonrpc"] == "2.0" && said.get("id").is_some(), "{said}");
        said["error"]["code"].as_i64().unwrap()
    }

    #[test]
    fn accept_header_is_read_as_http_defines_it() {
        for (values, both) in [
            (vec![], (true, true)),
            (vec!["*/*"], (true, true)),
            (vec!["application/json"], (true, false)),
            (vec!["Application/JSON; charset=utf-8"], (true, false)),
            (vec!["application/*, text/*"], (true, true)),
            (vec!["text/event-stream;q=0.5,application/json"], (true, true)),
            (vec!["application/json", "text/event-stream"], (true, true)),
            (vec!["*/*, application/json;q=0"], (false, true)),
            (vec!["text/html"], (false, false)),
            (vec!["text/event-stream"], (false, true)),
        ] {
            assert_eq!(accepted(&values), both, "{values:?}");
        }
    }

    #[test]
    fn malformed_message_is_refused_with_its_json_rpc_code() {
        for broken in ["{\"jsonrpc\":", "", "\u{feff}{}", "{\"jsonrpc\":\"2.0\",}"] {
            assert_eq!(code(broken), -32700, "{broken:?}");
        }
        for invalid in [
            "[]",
            r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
            "7",
            "null",
            r#"{"id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
        ] {
            assert_eq!(code(invalid), -32600, "{invalid}");
        }
        for params in ["[]", "\"x\"", "{\"_meta\":7}"] {
            let message = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{params}}}"#);
            assert_eq!(code(&message), -32602, "{params}");
        }
    }

    #[test]
    fn null_params_are_removed_and_other_messages_stay_unchanged() {
        let plain = r#"{ "jsonrpc":"2.0", "id":"a", "method":"ping" }"#;
        assert_eq!(checked(plain.into(), ALL).unwrap().body, plain);
        let null = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":null}"#;
        let message = checked(null.into(), ALL).unwrap();
        assert_eq!(message.id, 1);
        assert!(!String::from_utf8_lossy(&message.body).contains("params"));
        let answer = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
        assert!(checked(answer.into(), ALL).is_ok());
    }

    #[test]
    fn client_without_streams_gets_no_progress_and_no_subscription() {
        let json = Accepted { json: true, stream: false };
        let asks =
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"progressToken":1,"a":2}}}"#;
        let body = checked(asks.into(), json).unwrap().body;
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["params"]["_meta"], json!({ "a": 2 }));
        let listens = r#"{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{}}"#;
        assert_eq!(checked(listens.into(), json).unwrap_err().status(), StatusCode::NOT_ACCEPTABLE);
        assert!(checked(listens.into(), ALL).is_ok());
    }
}
