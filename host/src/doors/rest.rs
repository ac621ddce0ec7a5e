//! REST: the same calls as everywhere, with problem documents for errors.

use super::guard::Acting;
use super::{rest_access, rest_tasks, rest_worker, stream};
use crate::Host;
use crate::api::{ExecuteRequest, Health, RunsFilter};
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jackfield_types::{Audience, Micros, Problem, Scope};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The content type of a problem document.
const PROBLEM: &str = "application/problem+json";
/// Most events on one page of a log.
const PAGE: u32 = 1_000;

/// The guarded routes.
pub(super) fn router(host: Host) -> Router {
    Router::new()
        .route("/tasks/execute", post(execute))
        .route("/execute", post(execute))
        .route("/workflow/stats", get(stats))
        .route("/api/runs", get(runs))
        .route("/api/runs/{run}", get(run).post(act_on_run))
        .route("/api/runs/{run}/logs", get(logs))
        .route("/api/runs/{run}/diff", get(diff))
        .route("/api/events", get(events))
        .route("/api/breaker", get(breaker).post(act_on_breaker))
        .route("/api/breaker/history", get(breaker_history))
        .route("/api/plugins", get(plugins))
        .route("/metrics", get(metrics))
        .route("/api/status", get(status))
        .route("/api/auth", get(auth))
        .merge(rest_access::router())
        .merge(rest_tasks::router())
        .merge(rest_worker::router())
        .with_state(host)
}

/// The one route that needs no token: it tells nothing but that the host is there.
pub(super) fn health(host: Host) -> Router {
    let answer = |State(host): State<Host>| async move {
        let read = host.stats().await;
        let (status, said) = match read {
            Ok(_) => (StatusCode::OK, "ok".to_owned()),
            Err(problem) => (StatusCode::SERVICE_UNAVAILABLE, problem.code),
        };
        (status, Json(Health { status: said, version: crate::VERSION.to_owned() }))
    };
    Router::new().route("/health", get(answer)).with_state(host)
}

pub(super) async fn no_route(uri: Uri) -> Response {
    let problem = Problem::caller(
        "no_such_route",
        format!("there is nothing at {}", uri.path()),
        "routes: /mcp, /execute, /tasks/execute, /tasks/dispatch, /workflow/stats, /api/tasks, /api/human-tasks, /api/runs, \
         /api/events, /api/breaker, /api/plugins, /api/workers, /api/worker, /api/tokens, /api/audit, /api/status, /api/auth, /metrics, /health",
    );
    refuse(StatusCode::NOT_FOUND, problem)
}

/// A problem document (RFC 9457) with a code and a remedy.
pub(super) fn refuse(status: StatusCode, problem: Problem) -> Response {
    let document = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Problem"),
        "status": status.as_u16(),
        "detail": problem.message,
        "code": problem.code,
        "audience": problem.audience,
        "remedy": problem.remedy,
    });
    (status, [(CONTENT_TYPE, PROBLEM)], document.to_string()).into_response()
}

/// What a router or a transport refuses by itself, told as everything else is.
pub(super) async fn told(response: Response) -> Response {
    let is_told = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM);
    match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE if !is_told => refuse(StatusCode::PAYLOAD_TOO_LARGE, too_large()),
        StatusCode::METHOD_NOT_ALLOWED if !is_told => {
            let allowed = response.headers().get(ALLOW).cloned();
            let named = allowed.as_ref().and_then(|value| value.to_str().ok()).unwrap_or("another one");
            let problem = Problem::caller(
                "wrong_method",
                "this route does not answer to that method",
                format!("use {named}"),
            );
            let mut refused = refuse(StatusCode::METHOD_NOT_ALLOWED, problem);
            refused.headers_mut().extend(allowed.map(|value| (ALLOW, value)));
            refused
        }
        _ => response,
    }
}

pub(super) fn too_large() -> Problem {
    Problem::caller(
        "body_too_large",
        format!("the body is larger than {} bytes", super::http::LARGEST_BODY),
        "put the material into a file of the workspace and name the file in the instruction",
    )
}

/// A problem on its way out.
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

fn status_of(problem: &Problem) -> StatusCode {
    match (problem.code.as_str(), problem.audience) {
        ("budget_exhausted", _) => StatusCode::PAYMENT_REQUIRED,
        ("insufficient_scope", _) => StatusCode::FORBIDDEN,
        ("body_too_large" | "instruction_too_long", _) => StatusCode::PAYLOAD_TOO_LARGE,
        ("run_ended" | "run_active" | "task_closed" | "handoff" | "token_exists", _) => StatusCode::CONFLICT,
        ("diff_gone", _) => StatusCode::GONE,
        (code, Audience::Caller) if code.contains("idempotency") => StatusCode::CONFLICT,
        (code, Audience::Caller) if code.ends_with("_not_found") || code.starts_with("no_such") => {
            StatusCode::NOT_FOUND
        }
        (_, Audience::Caller) => StatusCode::BAD_REQUEST,
        (_, Audience::Operator) => StatusCode::SERVICE_UNAVAILABLE,
        (_, Audience::Author) => StatusCode::BAD_GATEWAY,
    }
}

pub(super) type Answered<T> = Result<T, Refused>;

/// A JSON body, with errors that say where it is wrong.
pub(super) fn body<T: for<'de> Deserialize<'de>>(bytes: Result<Bytes, BytesRejection>) -> Result<T, Problem> {
    let bytes = bytes.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return too_large();
        }
        Problem::caller("unreadable_body", rejection.to_string(), "send it again")
    })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Problem::caller(
            "bad_json",
            format!("the body is not what is expected: {error}"),
            "send JSON as documented",
        )
    })
}

/// What follows the `?`, with errors that name it.
pub(super) fn query<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    let Query(query) = query.map_err(|rejection| {
        Problem::caller("bad_query", rejection.body_text(), "mend what follows the `?` of the address")
    })?;
    Ok(query)
}

async fn execute(Acting(host): Acting, bytes: Result<Bytes, BytesRejection>) -> Answered<Response> {
    let request: ExecuteRequest = body(bytes)?;
    let answer = host.execute(request, host.principal()).await?;
    let status = if answer.state.is_final() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(answer)).into_response())
}

async fn stats(Acting(host): Acting) -> Answered<Response> {
    let (totals, models) = (host.stats().await?, host.model_stats().await?);
    Ok(Json(json!({ "totals": totals, "models": models })).into_response())
}

async fn runs(Acting(host): Acting, filter: Result<Query<RunsFilter>, QueryRejection>) -> Answered<Response> {
    Ok(Json(host.runs(query(filter)?).await?).into_response())
}

async fn run(Acting(host): Acting, Path(run): Path<String>) -> Answered<Response> {
    let run = host.find_run(&run).await?;
    Ok(Json(host.run(run).await?).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RunAction {
    action: RunVerb,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RunVerb {
    Cancel,
}

async fn act_on_run(
    Acting(host): Acting,
    Path(run): Path<String>,
    bytes: Result<Bytes, BytesRejection>,
) -> Answered<Response> {
    let action: RunAction = body(bytes)?;
    let run = host.find_run(&run).await?;
    let RunVerb::Cancel = action.action;
    let reason = action.reason.unwrap_or_else(|| "cancelled over REST".to_owned());
    Ok(Json(host.cancel(run, &reason).await?).into_response())
}

#[derive(Deserialize)]
#[serde(default)]
struct LogQuery {
    after: u64,
    limit: u32,
    stream: bool,
}

impl Default for LogQuery {
    fn default() -> Self {
        Self { after: 0, limit: PAGE, stream: false }
    }
}

async fn logs(
    Acting(host): Acting,
    Path(run): Path<String>,
    headers: HeaderMap,
    asked: Result<Query<LogQuery>, QueryRejection>,
) -> Answered<Response> {
    let query = query(asked)?;
    let run = host.find_run(&run).await?;
    if !query.stream {
        return Ok(Json(host.run_events(run, query.after, query.limit.clamp(1, PAGE)).await?).into_response());
    }
    stream::run(&host, run, &headers, query.after).await
}

async fn events(
    Acting(host): Acting,
    headers: HeaderMap,
    asked: Result<Query<LogQuery>, QueryRejection>,
) -> Answered<Response> {
    let query = query(asked)?;
    if query.stream {
        return stream::events(&host, &headers, query.after);
    }
    Ok(Json(host.events(query.after, query.limit.clamp(1, PAGE)).await?).into_response())
}

async fn diff(Acting(host): Acting, Path(run): Path<String>) -> Answered<Response> {
    let run = host.find_run(&run).await?;
    Ok(([(CONTENT_TYPE, "text/x-diff; charset=utf-8")], host.diff(run).await?).into_response())
}

async fn breaker(Acting(host): Acting) -> Answered<Response> {
    Ok(Json(host.breaker().await?).into_response())
}

#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "lowercase", deny_unknown_fields)]
enum BreakerAction {
    Reset { reason: String },
    Raise { usd: f64, reason: String },
}

async fn act_on_breaker(Acting(host): Acting, bytes: Result<Bytes, BytesRejection>) -> Answered<Response> {
    let limits = match body(bytes)? {
        BreakerAction::Reset { reason } => host.reset_breaker(host.principal(), &reason).await?,
        BreakerAction::Raise { usd, reason } => {
            host.raise_breaker(Micros::from_usd(usd), host.principal(), &reason).await?
        }
    };
    Ok(Json(limits).into_response())
}

async fn breaker_history(Acting(host): Acting) -> Answered<Response> {
    Ok(Json(host.breaker_history(100).await?).into_response())
}

#[derive(Serialize)]
struct PluginsAnswer {
    folder: String,
    plugins: Vec<jackfield_plugins::PluginStatus>,
    history: Vec<jackfield_store::PluginVersion>,
}

async fn metrics(Acting(host): Acting) -> Answered<Response> {
    host.may(Scope::Read)?;
    Ok(([(CONTENT_TYPE, super::metrics::CONTENT_TYPE)], super::metrics::all(&host)).into_response())
}

async fn plugins(Acting(host): Acting) -> Answered<Response> {
    let answer = PluginsAnswer {
        folder: host.plugin_folder().display().to_string(),
        plugins: host.plugins(),
        history: host.plugin_history().await?,
    };
    Ok(Json(answer).into_response())
}

async fn status(Acting(host): Acting) -> Answered<Response> {
    Ok(Json(host.orchestrator_status().await?).into_response())
}

async fn auth(Acting(host): Acting) -> Answered<Response> {
    host.may(Scope::Read)?;
    Ok(Json(host.auth_status().await).into_response())
}
