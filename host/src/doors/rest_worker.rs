//! REST for workers elsewhere: what they are given, and what they tell.

use super::guard::Acting;
use super::rest::{Answered, body, query};
use crate::Host;
use crate::api::elsewhere::{Beat, News, Registration, RoundOver, SentFile, WorkAsked};
use crate::remote::COMMIT;
use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use futures::StreamExt;
use jackfield_types::{AttemptId, Problem, WorkerId, WorkspaceId};
use jackfield_workspace::{Commit, Packed};
use serde::Deserialize;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

type Said = Result<Bytes, BytesRejection>;

/// Largest page of news, bytes: events are cut to some KiB each, and are told some hundred at a time.
const LARGEST_NEWS: usize = 32 << 20;

/// The guarded routes of workers.
pub(super) fn router() -> Router<Host> {
    Router::new()
        .route("/api/worker/register", post(register))
        .route("/api/worker/release", post(release))
        .route("/api/worker/work", post(work))
        .route("/api/worker/beat", post(beat))
        .route("/api/worker/attempts/{attempt}/news", post(news))
        .route("/api/worker/over", post(over))
        .layer(DefaultBodyLimit::max(LARGEST_NEWS))
        .route("/api/worker/workspaces/{workspace}", get(workspace))
        .route("/api/worker/attempts/{attempt}/{file}", put(file).layer(DefaultBodyLimit::disable()))
}

async fn register(Acting(host): Acting, said: Said) -> Answered<Response> {
    let registration: Registration = body(said)?;
    Ok(Json(host.register_worker(registration).await?).into_response())
}

#[derive(Deserialize)]
struct Who {
    worker: WorkerId,
}

async fn release(Acting(host): Acting, said: Said) -> Answered<Response> {
    let Who { worker } = body(said)?;
    host.release_worker(worker).await?;
    Ok(Json(json!({ "released": worker })).into_response())
}

async fn work(Acting(host): Acting, said: Said) -> Answered<Response> {
    let asked: WorkAsked = body(said)?;
    Ok(Json(host.work_for(asked).await?).into_response())
}

async fn beat(Acting(host): Acting, said: Said) -> Answered<Response> {
    let beat: Beat = body(said)?;
    Ok(Json(host.worker_beats(beat).await?).into_response())
}

async fn news(Acting(host): Acting, Path(attempt): Path<AttemptId>, said: Said) -> Answered<Response> {
    let news: News = body(said)?;
    Ok(Json(host.news_of(attempt, news).await?).into_response())
}

async fn over(Acting(host): Acting, said: Said) -> Answered<Response> {
    let over: RoundOver = body(said)?;
    host.round_over(over).await?;
    Ok(Json(json!({ "taken": true })).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    known: Option<Commit>,
}

/// The commit that is checked out, as a bundle; nothing but its name where the worker has it.
async fn workspace(
    Acting(host): Acting,
    Path(workspace): Path<WorkspaceId>,
    known: Result<Query<Known>, QueryRejection>,
) -> Answered<Response> {
    let Known { known } = query(known)?;
    let file = host.temporary_file("bundle");
    let packed = host.pack_workspace(workspace, known.as_ref(), &file).await?;
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
    Path((attempt, file)): Path<(AttemptId, SentFile)>,
    who: Result<Query<Who>, QueryRejection>,
    request: Request,
) -> Answered<Response> {
    let Who { worker } = query(who)?;
    let room = host.room_for_file(worker, attempt, file).await?;
    let mut written = tokio::fs::File::create(&room).await.map_err(|error| unreadable(&error))?;
    let mut sent = request.into_body().into_data_stream();
    while let Some(chunk) = sent.next().await {
        let chunk =
            chunk.map_err(|error| Problem::caller("unreadable_body", error.to_string(), "send it again"))?;
        written.write_all(&chunk).await.map_err(|error| unreadable(&error))?;
    }
    written.sync_all().await.map_err(|error| unreadable(&error))?;
    drop(written);
    host.file_sent(worker, attempt, file, &room).await?;
    Ok(Json(json!({ "taken": true })).into_response())
}

fn unreadable(error: &std::io::Error) -> Problem {
    Problem::operator(
        "data_folder",
        format!("a file of the data folder cannot be used: {error}"),
        "check the disk and the permissions of the data folder",
    )
}
