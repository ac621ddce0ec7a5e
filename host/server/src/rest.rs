//! REST: the same calls as everywhere, with problem documents for errors.

use super::bodies::{EventsQuery, RUN_FAILED, StatusQuery, body, of_run, page, with_key};
use super::contract::Routes;
use super::guard::Acting;
use super::operation::{Content, get, post};
use super::refused::{Answered, refuse};
use super::rest_query::{Asked, query};
use super::{
    rest_access, rest_board, rest_components, rest_runs, rest_session, rest_shadows, rest_skills, rest_tasks,
    rest_webhooks, rest_worker, stream,
};
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use jackfield::Host;
use jackfield_api::{Answer, AuthStatus, ExecuteRequest, Health, OrchestratorStatus};
use jackfield_config::EffectiveKey;
use jackfield_store::{BreakerStatus, HostEventRecord, LimitStatus, ModelStats, SpendingDay, Totals};
use jackfield_types::{ErrorCode, Micros, Problem, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The guarded routes.
pub(super) fn router(host: Host) -> Router {
    routes().into_router(host)
}

/// The routes that need no token: that the host is there, and what can be asked of it.
pub(super) fn open(host: Host) -> Router {
    open_routes().and(rest_session::open_routes()).with_description(routes().operations()).into_router(host)
}

fn open_routes() -> Routes {
    let operation = get("/health", "health", "Whether the host is there and can read its records.")
        .open()
        .answers::<Health>("It can.")
        .or::<Health>(503, "It cannot; `status` is the code of the problem.");
    Routes::new().on(operation, health)
}

/// The guarded routes with their descriptions.
pub(super) fn routes() -> Routes {
    let execute_at = |path, id| {
        post(path, id, "Have a task done and wait for its end, `wait_s` seconds at most.")
            .asks::<StatusQuery>()
            .takes::<ExecuteRequest>()
            .idempotent()
            .answers::<Answer>("The run has ended: `state` says how.")
            .or::<Answer>(202, "It goes on: ask for its result later.")
            .or::<Answer>(422, RUN_FAILED)
    };
    Routes::new()
        .on(execute_at("/tasks/execute", "execute"), execute)
        .on(execute_at("/execute", "executeAtRoot"), execute)
        .on(
            get("/workflow/stats", "stats", "Totals, and figures by executor and model.")
                .answers::<WorkflowStats>("The figures."),
            stats,
        )
        .on(
            get(
                "/api/events",
                "events",
                "What happened to the host: breaker, components, workers, configuration; oldest first.",
            )
            .asks::<EventsQuery>()
            .paged()
            .answers::<Vec<HostEventRecord>>("A page.")
            .or_events::<HostEventRecord>(),
            events,
        )
        .on(
            get("/api/breaker", "breaker", "What is spent, held and left.")
                .answers::<BreakerStatus>("How it stands."),
            breaker,
        )
        .on(
            post(
                "/api/breaker",
                "actOnBreaker",
                "Reset the amount spent, allow more today, or correct the cost of a run. The actor and the reason are recorded.",
            )
            .needs(Scope::Admin)
            .takes::<BreakerAction>()
            .answers::<Vec<LimitStatus>>("The limits as they are now."),
            act_on_breaker,
        )
        .on(
            get(
                "/api/changes",
                "changes",
                "What changes from now on, as server-sent events: `run` with a run as it is now, `host` with an event \
                 of the host for callers that see all work, `human_tasks` with the number of open ones. The first \
                 event is `ready`; earlier changes are not sent.",
            )
            .events::<stream::ChangeLine>(),
            changes,
        )
        .on(
            get("/api/spending", "spending", "What was spent on each day, by workspace, executor and model.")
                .asks::<SpendingQuery>()
                .answers::<Vec<SpendingDay>>("The oldest day first."),
            spending,
        )
        .on(
            get("/api/config", "config", "The configuration in force, key by key, without secrets.")
                .needs(Scope::Admin)
                .answers::<Vec<EffectiveKey>>("The keys that are set."),
            config,
        )
        .on(
            get("/api/breaker/history", "breakerHistory", "What happened to the breaker, newest first.")
                .asks::<HistoryQuery>()
                .answers::<Vec<HostEventRecord>>("Events."),
            breaker_history,
        )
        .on(
            get("/metrics", "metrics", "Figures for Prometheus.").with(
                200,
                "Text.",
                Content::Raw("text/plain"),
            ),
            metrics,
        )
        .on(
            get(
                "/api/status",
                "status",
                "How the host is doing: queue, slots of each executor, breaker, warnings.",
            )
            .answers::<OrchestratorStatus>("Now."),
            status,
        )
        .on(
            get(
                "/api/auth",
                "auth",
                "Show which agents are installed and logged in, and how to fix problems.",
            )
            .answers::<Vec<AuthStatus>>("Each executor."),
            auth,
        )
        .and(rest_access::routes())
        .and(rest_session::routes())
        .and(rest_runs::routes())
        .and(rest_tasks::routes())
        .and(rest_components::routes())
        .and(rest_shadows::routes())
        .and(rest_board::routes())
        .and(rest_skills::routes())
        .and(rest_webhooks::routes())
        .and(rest_worker::routes())
}

async fn health(State(host): State<Host>) -> Response {
    let read = host.status().totals().await;
    let (status, said) = match read {
        Ok(_) => (StatusCode::OK, "ok".to_owned()),
        Err(problem) => (StatusCode::SERVICE_UNAVAILABLE, problem.code.to_string()),
    };
    (status, Json(Health { status: said, version: jackfield::VERSION.to_owned() })).into_response()
}

pub(super) async fn no_route(uri: Uri) -> Response {
    let problem = Problem::caller(
        ErrorCode::NoSuchRoute,
        format!("no route {}", uri.path()),
        "GET /openapi.json lists the routes",
    );
    refuse(StatusCode::NOT_FOUND, problem)
}

async fn execute(
    Acting(host): Acting,
    headers: HeaderMap,
    asked: Asked<StatusQuery>,
    bytes: Result<Bytes, BytesRejection>,
) -> Answered<Response> {
    let status = query(asked)?;
    let mut request: ExecuteRequest = body(bytes)?;
    with_key(&headers, &mut request.idempotency_key)?;
    Ok(of_run(host.runs().execute(request).await?, &status))
}

#[derive(Serialize, JsonSchema)]
struct WorkflowStats {
    totals: Totals,
    models: Vec<ModelStats>,
}

async fn stats(Acting(host): Acting) -> Answered<Response> {
    let (totals, models) = (host.status().totals().await?, host.status().model_stats().await?);
    Ok(Json(WorkflowStats { totals, models }).into_response())
}

async fn events(
    Acting(host): Acting,
    headers: HeaderMap,
    uri: Uri,
    asked: Asked<EventsQuery>,
) -> Answered<Response> {
    let query = query(asked)?;
    if query.stream {
        return stream::events(&host, &headers, query.after);
    }
    let events = host.events().list(query.after, query.page()).await?;
    let last = events.last().map(|event| event.seq.to_string());
    Ok(page(&events, query.page(), &uri, "after", last))
}

async fn breaker(Acting(host): Acting) -> Answered<Response> {
    Ok(Json(host.budget().breaker().await?).into_response())
}

/// A change of what may be spent, and why.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "lowercase", deny_unknown_fields)]
enum BreakerAction {
    /// Every limit that is reached begins anew.
    Reset { reason: String },
    /// So many dollars more until the day ends.
    Raise { usd: f64, reason: String },
    /// A run that has ended cost so many dollars in all, whatever was recorded.
    Correct { run: String, usd: f64, reason: String },
}

async fn act_on_breaker(Acting(host): Acting, bytes: Result<Bytes, BytesRejection>) -> Answered<Response> {
    let limits = match body(bytes)? {
        BreakerAction::Reset { reason } => host.budget().reset(&reason).await?,
        BreakerAction::Raise { usd, reason } => host.budget().raise(Micros::from_usd(usd), &reason).await?,
        BreakerAction::Correct { run, usd, reason } => {
            let run = host.runs().find(&run).await?;
            host.budget().correct_cost(run, Micros::from_usd(usd), &reason).await?.limits
        }
    };
    Ok(Json(limits).into_response())
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct HistoryQuery {
    /// Most to list; default 100, at most 1,000.
    limit: Option<u32>,
}

async fn breaker_history(Acting(host): Acting, asked: Asked<HistoryQuery>) -> Answered<Response> {
    let limit = query(asked)?.limit.unwrap_or(100);
    Ok(Json(host.budget().history(limit).await?).into_response())
}

async fn changes(Acting(host): Acting) -> Answered<Response> {
    stream::changes(&host).await
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct SpendingQuery {
    /// How many days, today among them; default 30, at most 366.
    days: Option<u32>,
}

async fn spending(Acting(host): Acting, asked: Asked<SpendingQuery>) -> Answered<Response> {
    let days = query(asked)?.days.unwrap_or(30);
    Ok(Json(host.budget().spending(days).await?).into_response())
}

async fn config(Acting(host): Acting) -> Answered<Response> {
    Ok(Json(host.status().configuration().await?).into_response())
}

async fn metrics(Acting(host): Acting) -> Answered<Response> {
    let text = super::metrics::all(&host, &host.status().snapshot().await?);
    Ok(([(CONTENT_TYPE, super::metrics::CONTENT_TYPE)], text).into_response())
}

async fn status(Acting(host): Acting) -> Answered<Response> {
    Ok(Json(host.status().orchestrator().await?).into_response())
}

async fn auth(Acting(host): Acting) -> Answered<Response> {
    Ok(Json(host.status().executors().await).into_response())
}
