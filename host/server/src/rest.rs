//! REST: the same calls as everywhere, with problem documents for errors.

use super::contract::{Content, Routes, get, post};
use super::guard::Acting;
pub(super) use super::rest_query::{Asked, no_parameters, query};
use super::status_code::status_of;
use super::{
    fields, rest_access, rest_components, rest_runs, rest_tasks, rest_webhooks, rest_worker, stream,
};
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{ALLOW, CONTENT_TYPE, HeaderName, LINK};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use jackfield::Host;
use jackfield_api::{Answer, AuthStatus, ExecuteRequest, Health, OrchestratorStatus};
use jackfield_config::plain;
use jackfield_store::{BreakerStatus, Event, LimitStatus, ModelStats, Totals};
use jackfield_types::{Audience, Begun, ErrorCode, Micros, Problem, RunState, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The content type of a problem document.
const PROBLEM: &str = "application/problem+json";
/// Most events on one page of a log.
const PAGE: u32 = 1_000;
/// The longest idempotency key, characters.
const LONGEST_KEY: usize = 200;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The guarded routes.
pub(super) fn router(host: Host) -> Router {
    routes().into_router(host)
}

/// The routes that need no token: that the host is there, and what can be asked of it.
pub(super) fn open(host: Host) -> Router {
    open_routes().with_description(routes().operations()).into_router(host)
}

fn open_routes() -> Routes {
    let operation = get("/health", "health", "Whether the host is there and can read its records.")
        .open()
        .answers::<Health>("It can.")
        .or::<Health>(503, "It cannot; `status` is the code of the problem.");
    Routes::new().on(operation, health)
}

fn routes() -> Routes {
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
            .asks::<LogQuery>()
            .paged()
            .answers::<Vec<Event>>("A page.")
            .or_events::<Event>(),
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
            get("/api/breaker/history", "breakerHistory", "What happened to the breaker, newest first.")
                .asks::<HistoryQuery>()
                .answers::<Vec<Event>>("Events."),
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
        .and(rest_runs::routes())
        .and(rest_tasks::routes())
        .and(rest_components::routes())
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

/// What a router or a transport refuses by itself, told as everything else is.
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
        format!("the body is larger than {} bytes", super::http::LARGEST_BODY),
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

pub(super) type Answered<T> = Result<T, Refused>;

/// A JSON body, with errors that say where it is wrong.
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
    // What is no JSON at all is told with its line and column.
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

/// Takes over the key that the header gives: proxies and libraries repeat requests by it, without a look at bodies.
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

/// A page of a list with the way to the next one, which the last line of this one leads to.
pub(super) fn page<T: Serialize>(
    lines: &[T],
    most: u32,
    uri: &Uri,
    cursor: &str,
    next: Option<String>,
) -> Response {
    let mut response = Json(lines).into_response();
    let full = usize::try_from(most).is_ok_and(|most| lines.len() >= most);
    let others = uri.query().unwrap_or_default().split('&');
    let others = others.filter(|part| !part.is_empty() && part.split('=').next() != Some(cursor));
    let link = next.filter(|_| full).map(|next| {
        let query: Vec<_> = others.map(str::to_owned).chain([format!("{cursor}={next}")]).collect();
        format!("<?{}>; rel=\"next\"", query.join("&"))
    });
    if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        response.headers_mut().insert(LINK, link);
    }
    response
}

/// What a status says where `fail_status` is asked for.
pub(super) const RUN_FAILED: &str =
    "With `fail_status=true`: the run has failed or was cancelled. The body is the same answer.";

/// How the status of an answer is to be chosen.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct StatusQuery {
    /// true: a run that failed or was cancelled is answered with the status 422 and not 200, so that `curl -f`
    /// notices.
    pub(super) fail_status: bool,
}

/// The answer of a run: 200 once it has ended, however it ended, and 202 while it goes on or waits for a person.
pub(super) fn of_run(answer: Answer, StatusQuery { fail_status }: &StatusQuery) -> Response {
    let status = match answer.state {
        RunState::Failed | RunState::Cancelled if *fail_status => StatusCode::UNPROCESSABLE_ENTITY,
        state if state.is_final() => StatusCode::OK,
        _ => StatusCode::ACCEPTED,
    };
    (status, Json(answer)).into_response()
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

/// Which part of a log.
#[derive(Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LogQuery {
    /// Only what comes after the event with this number.
    pub(super) after: u64,
    /// Most events on a page, 1,000 at most.
    pub(super) limit: u32,
    /// As server-sent events, which go on as more happens.
    pub(super) stream: bool,
}

impl LogQuery {
    pub(super) fn page(&self) -> u32 {
        self.limit.clamp(1, PAGE)
    }
}

impl Default for LogQuery {
    fn default() -> Self {
        Self { after: 0, limit: PAGE, stream: false }
    }
}

async fn events(
    Acting(host): Acting,
    headers: HeaderMap,
    uri: Uri,
    asked: Asked<LogQuery>,
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

async fn metrics(Acting(host): Acting) -> Answered<Response> {
    host.caller().require(Scope::Read)?;
    Ok(([(CONTENT_TYPE, super::metrics::CONTENT_TYPE)], super::metrics::all(&host)).into_response())
}

async fn status(Acting(host): Acting) -> Answered<Response> {
    Ok(Json(host.status().orchestrator().await?).into_response())
}

async fn auth(Acting(host): Acting) -> Answered<Response> {
    Ok(Json(host.status().executors().await).into_response())
}
