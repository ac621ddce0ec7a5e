//! Refusals: problems as responses.

use super::remedies::route;
use super::status_code::status_of;
use axum::http::StatusCode;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jackfield_types::{Audience, Begun, ErrorCode, Problem};
use schemars::JsonSchema;
use serde::Serialize;

/// Largest request body, bytes: the longest instruction, escaped, and the other fields.
pub(super) const LARGEST_BODY: usize = 4 << 20;

/// The content type of a problem document.
const PROBLEM: &str = "application/problem+json";

/// A problem document (RFC 9457) with a code and a remedy.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProblemDocument")]
pub(super) struct ProblemDocument {
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    status: u16,
    /// What happened, in plain words.
    detail: String,
    /// Stable: programs match on it.
    code: String,
    /// Who can fix it.
    audience: Audience,
    /// What to do next.
    remedy: String,
    /// The run that it happened to, where one had begun.
    #[serde(flatten)]
    run: Option<Box<Begun>>,
}

pub(super) fn refuse(status: StatusCode, problem: Problem) -> Response {
    let problem = problem.named(route);
    let document = ProblemDocument {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Problem"),
        status: status.as_u16(),
        detail: problem.message,
        code: problem.code.to_string(),
        audience: problem.audience,
        remedy: problem.remedy,
        run: problem.run,
    };
    (status, [(CONTENT_TYPE, PROBLEM)], serde_json::to_string(&document).unwrap_or_default()).into_response()
}

/// Turns the refusals of the router and the transport into problem documents.
pub(super) async fn told(response: Response) -> Response {
    let is_told = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM);
    match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE if !is_told => refuse(StatusCode::PAYLOAD_TOO_LARGE, too_large()),
        StatusCode::METHOD_NOT_ALLOWED if !is_told => {
            let allowed = response.headers().get(ALLOW).cloned();
            let named = allowed.as_ref().and_then(|value| value.to_str().ok());
            let remedy = named.map_or_else(
                || "look up the methods of this route in /openapi.json".to_owned(),
                |named| format!("send one of the methods that it has: {named}"),
            );
            let problem =
                Problem::caller(ErrorCode::WrongMethod, "this route does not have that method", remedy);
            let mut refused = refuse(StatusCode::METHOD_NOT_ALLOWED, problem);
            refused.headers_mut().extend(allowed.map(|value| (ALLOW, value)));
            refused
        }
        _ => response,
    }
}

pub(super) fn too_large() -> Problem {
    Problem::caller(
        ErrorCode::BodyTooLarge,
        format!("the body is larger than {} bytes", LARGEST_BODY),
        "put the material into a file of the workspace and name the file in the instruction",
    )
}

pub(super) fn too_slow() -> Problem {
    Problem::caller(
        ErrorCode::BodyTimeout,
        "the body did not arrive in time",
        "send the whole body at once; a body may take a minute, and pause for 30 seconds",
    )
}

/// A problem as a response.
pub(super) struct Refused(Problem);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        refuse(status_of(&self.0), self.0)
    }
}

pub(super) type Answered<T> = Result<T, Refused>;
