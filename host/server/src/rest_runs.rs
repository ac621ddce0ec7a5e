//! REST of runs: looked up, waited for, called off, and whom the chooser would pick for one.

use super::bodies::{RUN_FAILED, StatusQuery, as_of_event, bad_body, body, linked, of_run, page, with_key};
use super::contract::Routes;
use super::guard::Acting;
use super::operation::{Content, get, post};
use super::path::Path;
use super::refused::Answered;
use super::remedies::route;
use super::rest_query::{Asked, query};
use super::stream;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use jackfield::{Advice, Printed};
use jackfield_api::{Answer, ExecuteRequest, LogQuery, RunsFilter};
use jackfield_store::{RunEventRecord, RunPage, RunSummary, RunView};
use jackfield_types::Scope;
use jackfield_workspace::ChangedFile;
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
                "End a run and every process that it started, repeat one that has ended, or choose the work of another attempt.",
            )
            .takes::<RunAction>()
            .idempotent()
            .answers::<Answer>("`cancel`, `choose`: the run as it is now.")
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
            .asks::<DiffQuery>()
            .tagged()
            .with(200, "The diff.", Content::Raw("text/x-diff")),
            diff,
        )
        .on(
            get("/api/runs/{run}/files", "runFiles", "The files that a run, or one attempt of it, changed.")
                .asks::<AttemptQuery>()
                .answers::<Vec<ChangedFile>>("The files."),
            files,
        )
        .on(
            get(
                "/api/runs/{run}/raw",
                "runRaw",
                "What the program of an attempt printed, without secrets.",
            )
            .asks::<RawQuery>()
            .with(200, "The bytes, as an attachment.", Content::Raw("text/plain")),
            raw,
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
    let as_of = host.events().last().await?;
    let RunPage { runs, next } = host.runs().page(filter).await?;
    Ok(as_of_event(as_of, linked(&runs, &uri, "before", next.map(|next| next.to_string()))))
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
    /// For `choose`: the number of the attempt.
    #[serde(default)]
    attempt: Option<u32>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum RunVerb {
    /// End it.
    Cancel,
    /// Make it again, as another run of its task.
    Retry,
    /// Make the work of another attempt that of the run, which has succeeded.
    Choose,
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
        RunVerb::Choose => {
            let attempt = action.attempt.ok_or_else(|| bad_body("missing field `attempt`"))?;
            host.runs().choose(run, attempt, &action.reason.unwrap_or_default()).await?;
            Ok(Json(host.runs().answer(run, None).await?.named(route)).into_response())
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
    let (most, backwards) = (query.page(), query.before.is_some() || query.tail.is_some());
    let events = host.output().log(run, query).await?;
    let (cursor, last) = if backwards { ("before", events.first()) } else { ("after", events.last()) };
    let last = last.map(|event| event.seq.to_string());
    Ok(page(&events, most, &uri, cursor, last))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct DiffQuery {
    /// Of the attempt with this number, instead of the run.
    attempt: Option<u32>,
    /// Of this file only.
    file: Option<String>,
}

async fn diff(Acting(host): Acting, Path(run): Path<String>, asked: Asked<DiffQuery>) -> Answered<Response> {
    let DiffQuery { attempt, file } = query(asked)?;
    let run = host.runs().find(&run).await?;
    let diff = host.output().diff_of(run, attempt, file.as_deref()).await?;
    Ok(([(CONTENT_TYPE, "text/x-diff; charset=utf-8")], diff).into_response())
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct AttemptQuery {
    /// Of the attempt with this number, instead of the run.
    attempt: Option<u32>,
}

async fn files(
    Acting(host): Acting,
    Path(run): Path<String>,
    asked: Asked<AttemptQuery>,
) -> Answered<Response> {
    let AttemptQuery { attempt } = query(asked)?;
    let run = host.runs().find(&run).await?;
    Ok(Json(host.output().files(run, attempt).await?).into_response())
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct RawQuery {
    /// Of the attempt with this number; the last one if it is not given.
    attempt: Option<u32>,
    /// stdout (default) or stderr.
    file: RawFile,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum RawFile {
    #[default]
    Stdout,
    Stderr,
}

async fn raw(Acting(host): Acting, Path(run): Path<String>, asked: Asked<RawQuery>) -> Answered<Response> {
    let RawQuery { attempt, file } = query(asked)?;
    let run = host.runs().find(&run).await?;
    let (printed, name) = match file {
        RawFile::Stdout => (Printed::Stdout, "stdout"),
        RawFile::Stderr => (Printed::Stderr, "stderr"),
    };
    let output = host.output().raw(run, attempt, printed).await?;
    let pieces = futures::stream::try_unfold(output, |mut output| async {
        Ok::<_, std::io::Error>(output.next().await?.map(|piece| (piece, output)))
    });
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{run}-{name}.log\"")),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

async fn choose(Acting(host): Acting, bytes: Result<Bytes, BytesRejection>) -> Answered<Response> {
    let request: ExecuteRequest = body(bytes)?;
    Ok(Json(host.runs().advise(request).await?).into_response())
}
