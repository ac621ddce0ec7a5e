//! Request and response bodies that several routes share.

use super::fields;
use super::refused::{too_large, too_slow};
use super::remedies::route;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{HeaderName, LINK};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use jackfield_api::Answer;
use jackfield_config::plain;
use jackfield_types::{ErrorCode, Problem, RunState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The description of the status that `fail_status` asks for.
pub(super) const RUN_FAILED: &str =
    "With `fail_status=true`: the run has failed or was cancelled. The body is the same answer.";
/// Most events on one page of a log.
const PAGE: u32 = 1_000;

const AS_OF: HeaderName = HeaderName::from_static("jackfield-as-of");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest idempotency key, characters.
const LONGEST_KEY: usize = 200;

/// Parses a JSON body. Errors name the position or the field.
pub(super) fn body<T: for<'de> Deserialize<'de> + JsonSchema>(
    bytes: Result<Bytes, BytesRejection>,
) -> Result<T, Problem> {
    let bytes = bytes.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return too_large();
        }
        if super::pace::is_late(&rejection) {
            return too_slow();
        }
        Problem::caller(ErrorCode::UnreadableBody, rejection.to_string(), "send it again")
    })?;
    let error = match serde_json::from_slice(&bytes) {
        Ok(read) => return Ok(read),
        Err(error) => error.to_string(),
    };
    // A body that is not JSON is reported with line and column.
    let read =
        serde_json::from_slice(&bytes).map_or(Err(error.clone()), |value| fields::mended(value, &error));
    read.map_err(|why| bad_body(&why))
}

pub(super) fn bad_body(why: &str) -> Problem {
    Problem::caller(
        ErrorCode::BadJson,
        format!("failed to read the body: {}", plain(why)),
        "send JSON as GET /openapi.json describes it",
    )
}

/// Takes the idempotency key from the header, which proxies and libraries set without reading bodies.
pub(super) fn with_key(headers: &HeaderMap, own: &mut Option<String>) -> Result<(), Problem> {
    let Some(given) = headers.get(IDEMPOTENCY_KEY) else { return Ok(()) };
    let bad = |message: String| {
        Problem::caller(
            ErrorCode::BadIdempotencyKey,
            message,
            "send one key of 1 to 200 visible ASCII characters, in the header",
        )
    };
    let visible = |text: &&str| {
        (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let key = given.to_str().ok().filter(visible);
    let key = key.ok_or_else(|| bad("the key of the Idempotency-Key header cannot be taken".to_owned()))?;
    if own.as_deref().is_some_and(|own| own != key) {
        return Err(bad("the header and the body name two different keys".to_owned()));
    }
    *own = Some(key.to_owned());
    Ok(())
}

/// Returns a page of a list, with a link to the next page if this one is full. `next` is the cursor of its last line.
pub(super) fn page<T: Serialize>(
    lines: &[T],
    most: u32,
    uri: &Uri,
    cursor: &str,
    next: Option<String>,
) -> Response {
    let full = usize::try_from(most).is_ok_and(|most| lines.len() >= most);
    linked(lines, uri, cursor, next.filter(|_| full))
}

/// Returns a page of a list, with a link to the next page if there is one: `next` is its cursor.
pub(super) fn linked<T: Serialize>(lines: &[T], uri: &Uri, cursor: &str, next: Option<String>) -> Response {
    let mut response = Json(lines).into_response();
    let others = uri.query().unwrap_or_default().split('&');
    let others = others.filter(|part| !part.is_empty() && part.split('=').next() != Some(cursor));
    let link = next.map(|next| {
        let query: Vec<_> = others.map(str::to_owned).chain([format!("{cursor}={next}")]).collect();
        format!("<?{}>; rel=\"next\"", query.join("&"))
    });
    if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        response.headers_mut().insert(LINK, link);
    }
    response
}

/// Says after which event of the host a list was read: a stream of events from there on misses nothing.
pub(super) fn as_of_event(seq: u64, mut response: Response) -> Response {
    response.headers_mut().insert(AS_OF, HeaderValue::from(seq));
    response
}

/// How the status of an answer is to be chosen.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct StatusQuery {
    /// true: a run that failed or was cancelled is answered with the status 422 and not 200, so that `curl -f`
    /// notices.
    pub(super) fail_status: bool,
}

/// Returns the answer of a run: 200 after its end, whatever its outcome, and 202 while it runs or waits for a person.
pub(super) fn of_run(answer: Answer, StatusQuery { fail_status }: &StatusQuery) -> Response {
    let status = match answer.state {
        RunState::Failed | RunState::Cancelled if *fail_status => StatusCode::UNPROCESSABLE_ENTITY,
        state if state.is_final() => StatusCode::OK,
        _ => StatusCode::ACCEPTED,
    };
    (status, Json(answer.named(route))).into_response()
}

/// Which part of a log.
#[derive(Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EventsQuery {
    /// Only what comes after the event with this number.
    pub(super) after: u64,
    /// Most events on a page, 1,000 at most.
    pub(super) limit: u32,
    /// As server-sent events, which go on as more happens.
    pub(super) stream: bool,
}

impl EventsQuery {
    pub(super) fn page(&self) -> u32 {
        self.limit.clamp(1, PAGE)
    }
}

impl Default for EventsQuery {
    fn default() -> Self {
        Self { after: 0, limit: PAGE, stream: false }
    }
}
