//! REST of runs: looked up, waited for, called off, and whom the chooser would pick for one.

use super::bodies::{LogQuery, RUN_FAILED, StatusQuery, body, of_run, page, with_key};
use super::contract::Routes;
use super::guard::Acting;
use super::operation::{Content, get, post};
use super::path::Path;
use super::refused::Answered;
use super::remedies::route;
use super::rest_query::{Asked, query};
use super::stream;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use jackfield::Advice;
use jackfield_api::{Answer, ExecuteRequest, RunsFilter};
use jackfield_store::{RunEventRecord, RunSummary, RunView};
use jackfield_types::Scope;
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

pub(super) fn routes() -> Routes {
    Routes::new()
        .on(
            get("/api/runs", "listRuns", "Runs, newest first.")
                .asks::<RunsFilter>()
                .paged()
                .answers::<Vec<RunSummary>>("A page."),
            runs,
        )
        .on(
            get("/api/runs/{run}", "getRun", "Everything about one run.")
                .tagged()
                .answers::<RunView>("Its task, attempts and artifacts."),
            run,
        )
        .on(
            post(
                "/api/runs/{run}",
                "actOnRun",
                "End a run and every process that it started, or repeat one that has ended.",
            )
            .takes::<RunAction>()
            .idempotent()
            .answers::<Answer>("`cancel`: the run as it is now.")
            .or::<Answer>(202, "`retry`: another run of the same task."),
            act_on_run,
        )
        .on(
            get(
                "/api/runs/{run}/result",
                "result",
                "Wait for a run and get its answer, again at another verbosity if you like.",
            )
            .asks::<ResultQuery>()
            .answers::<Answer>("The run has ended: `state` says how.")
            .or::<Answer>(202, "It goes on, or waits for a person.")
            .or::<Answer>(422, RUN_FAILED),
            result,
        )
        .on(
            get("/api/runs/{run}/logs", "runLogs", "What happened in a run, oldest first.")
                .asks::<LogQuery>()
                .paged()
                .answers::<Vec<RunEventRecord>>("A page.")
                .or_events::<RunEventRecord>()
                .with(
                    204,
                    "With `stream=true`: the run has ended, and the caller has seen everything.",
                    Content::Nothing,
                ),
            logs,
        )
        .on(
            get(
                "/api/runs/{run}/diff",
                "runDiff",
                "What a run changed, as a unified diff; empty where it changed nothing.",
            )
            .tagged()
            .with(200, "The diff.", Content::Raw("text/x-diff")),
            diff,
        )
        .on(
            post("/api/choose", "choose", "The executor that a request would get: the one it names, else the chooser's picks; nothing is started.")
                .needs(Scope::Read)
                .takes::<ExecuteRequest>()
                .answers::<Advice>("Best first."),
            choose,
        )
}

async fn runs(Acting(host): Acting, uri: Uri, filter: Asked<RunsFilter>) -> Answered<Response> {
    let filter = query(filter)?;
    let most = filter.page();
    let runs = host.runs().list(filter).await?;
    let last = runs.last().map(|line| line.run.to_string());
    Ok(page(&runs, most, &uri, "before", last))
}

async fn run(Acting(host): Acting, Path(run): Path<String>) -> Answered<Response> {
    let run = host.runs().find(&run).await?;
    Ok(Json(host.runs().get(run).await?).into_response())
}

/// What is to become of a run.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RunAction {
    action: RunVerb,
    /// Kept with the run.
    #[serde(default)]
    reason: Option<String>,
    /// For `retry`: under the same key it is made once.
    #[serde(default)]
    idempotency_key: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum RunVerb {
    /// End it.
    Cancel,
    /// Make it again, as another run of its task.
    Retry,
}

async fn act_on_run(
    Acting(host): Acting,
    Path(run): Path<String>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Answered<Response> {
    let mut action: RunAction = body(bytes)?;
    with_key(&headers, &mut action.idempotency_key)?;
    let run = host.runs().find(&run).await?;
    match action.action {
        RunVerb::Cancel => {
            let reason = action.reason.unwrap_or_else(|| "cancelled over REST".to_owned());
            Ok(Json(host.runs().cancel(run, &reason).await?.named(route)).into_response())
        }
        RunVerb::Retry => {
            let reason = action.reason.unwrap_or_else(|| "retried over REST".to_owned());
            let again = host.runs().retry(run, action.idempotency_key, &reason).await?;
            let answer = host.runs().answer(again, None).await?.named(route);
            Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
        }
    }
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ResultQuery {
    /// How long to wait for the end, seconds; default 45.
    wait_s: Option<u64>,
    /// summary, mermaid, standard or full.
    verbosity: Option<String>,
    /// true: a run that failed or was cancelled is answered with the status 422 and not 200, so that `curl -f`
    /// notices.
    fail_status: bool,
}

async fn result(
    Acting(host): Acting,
    Path(run): Path<String>,
    asked: Asked<ResultQuery>,
) -> Answered<Response> {
    let ResultQuery { wait_s, verbosity, fail_status } = query(asked)?;
    let run = host.runs().find(&run).await?;
    let wait = Duration::from_secs(wait_s.unwrap_or(host.config().run.wait_s));
    let answer = host.runs().result(run, wait, verbosity.as_deref()).await?;
    Ok(of_run(answer, &StatusQuery { fail_status }))
}

async fn logs(
    Acting(host): Acting,
    Path(run): Path<String>,
    headers: HeaderMap,
    uri: Uri,
    asked: Asked<LogQuery>,
) -> Answered<Response> {
    let query = query(asked)?;
    let run = host.runs().find(&run).await?;
    if query.stream {
        return stream::run(&host, run, &headers, query.after).await;
    }
    let events = host.runs().events(run, query.after, query.page()).await?;
    let last = events.last().map(|event| event.seq.to_string());
    Ok(page(&events, query.page(), &uri, "after", last))
}

async fn diff(Acting(host): Acting, Path(run): Path<String>) -> Answered<Response> {
    let run = host.runs().find(&run).await?;
    Ok(([(CONTENT_TYPE, "text/x-diff; charset=utf-8")], host.runs().diff(run).await?).into_response())
}

async fn choose(Acting(host): Acting, bytes: Result<Bytes, BytesRejection>) -> Answered<Response> {
    let request: ExecuteRequest = body(bytes)?;
    Ok(Json(host.runs().advise(request).await?).into_response())
}
