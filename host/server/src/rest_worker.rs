//! REST for workers elsewhere: what they are given, and what they tell.

use super::bodies::body;
use super::contract::Routes;
use super::guard::Acting;
use super::operation::{Content, get, post, put};
use super::pace;
use super::path::{Pair, Path};
use super::refused::{Answered, too_slow};
use super::rest_query::{Asked, query};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Request};
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use jackfield_api::remote::{
    Assignment, AssignmentRequest, AttemptProgress, COMMIT, Heartbeat, HeartbeatReply, ProgressReply,
    Registration, RoundResult, SentFile, WorkerTerms,
};
use jackfield_types::{AttemptId, ErrorCode, Problem, Scope, WorkerId, WorkspaceId};
use jackfield_workspace::{Commit, Packed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

type Said = Result<Bytes, BytesRejection>;

/// Largest page of news, bytes: events are cut to some KiB each, and are told some hundred at a time.
const LARGEST_NEWS: usize = 32 << 20;

/// The guarded routes of workers.
pub(super) fn routes() -> Routes {
    let told = |path, id, summary| post(path, id, summary).needs(Scope::Work);
    Routes::new()
        .on(
            told("/api/worker/register", "workerRegister", "A worker elsewhere makes itself known.")
                .takes::<Registration>()
                .answers::<WorkerTerms>("On what terms it works."),
            register,
        )
        .on(
            told("/api/worker/release", "workerRelease", "A worker leaves.")
                .takes::<Who>()
                .answers::<ReleasedAnswer>("It is forgotten."),
            release,
        )
        .on(
            told("/api/worker/work", "workerWork", "A worker asks for work.")
                .takes::<AssignmentRequest>()
                .answers::<Option<Assignment>>("A round of a run to be made; null where there is none."),
            work,
        )
        .on(
            told("/api/worker/beat", "workerBeat", "A worker says that it lives.")
                .takes::<Heartbeat>()
                .answers::<HeartbeatReply>("What it must know."),
            beat,
        )
        .on(
            told("/api/worker/attempts/{attempt}/news", "workerNews", "What happened in an attempt.")
                .takes::<AttemptProgress>()
                .answers::<ProgressReply>("How much of it is on record."),
            news,
        )
        .on(
            told("/api/worker/over", "workerOver", "A round is over, and everything of it was told.")
                .takes::<RoundResult>()
                .answers::<Taken>("It is settled."),
            over,
        )
        .all(|router| router.layer(DefaultBodyLimit::max(LARGEST_NEWS)))
        .on(
            get(
                "/api/worker/workspaces/{workspace}",
                "workerWorkspace",
                "The commit that is checked out, as a git bundle.",
            )
            .needs(Scope::Work)
            .asks::<Known>()
            .with(
                200,
                "The bundle; the header `x-jackfield-commit` names the commit.",
                Content::Raw("application/octet-stream"),
            )
            .with(204, "The worker has it already.", Content::Nothing),
            workspace,
        )
        .on(
            put("/api/worker/attempts/{attempt}/{file}", "workerFile", "A file of an attempt.")
                .needs(Scope::Work)
                .asks::<Who>()
                .takes_raw("application/octet-stream")
                .answers::<Taken>("It is with the host."),
            file.layer(DefaultBodyLimit::disable()),
        )
}

/// It is on record.
#[derive(Serialize, JsonSchema)]
struct Taken {
    taken: bool,
}

#[derive(Serialize, JsonSchema)]
struct ReleasedAnswer {
    released: WorkerId,
}

async fn register(Acting(host): Acting, said: Said) -> Answered<Response> {
    let registration: Registration = body(said)?;
    Ok(Json(host.remote_workers().register(registration).await?).into_response())
}

#[derive(Deserialize, JsonSchema)]
struct Who {
    worker: WorkerId,
}

async fn release(Acting(host): Acting, said: Said) -> Answered<Response> {
    let Who { worker } = body(said)?;
    host.remote_workers().release(worker).await?;
    Ok(Json(ReleasedAnswer { released: worker }).into_response())
}

async fn work(Acting(host): Acting, said: Said) -> Answered<Response> {
    let asked: AssignmentRequest = body(said)?;
    Ok(Json(host.remote_workers().poll_assignment(asked).await?).into_response())
}

async fn beat(Acting(host): Acting, said: Said) -> Answered<Response> {
    let beat: Heartbeat = body(said)?;
    Ok(Json(host.remote_workers().heartbeat(beat).await?).into_response())
}

async fn news(Acting(host): Acting, Path(attempt): Path<AttemptId>, said: Said) -> Answered<Response> {
    let news: AttemptProgress = body(said)?;
    Ok(Json(host.remote_workers().report_progress(attempt, news).await?).into_response())
}

async fn over(Acting(host): Acting, said: Said) -> Answered<Response> {
    let over: RoundResult = body(said)?;
    host.remote_workers().complete_round(over).await?;
    Ok(Json(Taken { taken: true }).into_response())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Known {
    /// The commit that the worker has.
    known: Option<Commit>,
}

/// The commit that is checked out, as a bundle; nothing but its name where the worker has it.
async fn workspace(
    Acting(host): Acting,
    Path(workspace): Path<WorkspaceId>,
    known: Asked<Known>,
) -> Answered<Response> {
    let Known { known } = query(known)?;
    let file = host.remote_workers().temporary_file("bundle");
    let packed = host.remote_workers().pack_workspace(workspace, known.as_ref(), &file).await?;
    match packed {
        Packed::Known(commit) => Ok((StatusCode::NO_CONTENT, [(COMMIT, commit.to_string())]).into_response()),
        Packed::Written(commit) => {
            let opened = tokio::fs::File::open(&file).await;
            // It stays readable until the answer is sent.
            let _ = std::fs::remove_file(&file);
            let opened = opened.map_err(|error| unreadable(&error))?;
            let headers =
                [(COMMIT, commit.to_string()), (CONTENT_TYPE.as_str(), "application/octet-stream".into())];
            Ok((headers, Body::from_stream(ReaderStream::new(opened))).into_response())
        }
    }
}

async fn file(
    Acting(host): Acting,
    Pair(attempt, file): Pair<AttemptId, SentFile>,
    who: Asked<Who>,
    request: Request,
) -> Answered<Response> {
    let Who { worker } = query(who)?;
    let room = host.remote_workers().upload_path(worker, attempt, file).await?;
    let mut written = tokio::fs::File::create(&room).await.map_err(|error| unreadable(&error))?;
    let mut sent = request.into_body().into_data_stream();
    while let Some(chunk) = sent.next().await {
        let chunk = chunk.map_err(|error| match pace::is_late(&error) {
            true => too_slow(),
            false => Problem::caller(ErrorCode::UnreadableBody, error.to_string(), "send it again"),
        })?;
        written.write_all(&chunk).await.map_err(|error| unreadable(&error))?;
    }
    written.sync_all().await.map_err(|error| unreadable(&error))?;
    drop(written);
    host.remote_workers().accept_file(worker, attempt, file, &room).await?;
    Ok(Json(Taken { taken: true }).into_response())
}

fn unreadable(error: &std::io::Error) -> Problem {
    Problem::operator(
        ErrorCode::DataFolder,
        format!("a file of the data folder cannot be used: {error}"),
        "check the disk and the permissions of the data folder",
    )
}
