//! REST of tasks: handed in, kept track of, explained, and what waits for people.

use super::guard::Acting;
use super::rest::{Answered, body, query};
use crate::Host;
use crate::api::{
    CloseRequest, ExecuteRequest, HumanAnswer, HumanTaskEdit, HumanTaskRequest, HumanTasksFilter,
    InitRequest, SpecRequest, TasksFilter, WorkerAction, WriteRequest,
};
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jackfield_types::Problem;
use serde::Deserialize;
use serde_json::json;

type Body = Result<Bytes, BytesRejection>;
type Asked<T> = Result<Query<T>, QueryRejection>;

/// The guarded routes of tasks.
pub(super) fn router() -> Router<Host> {
    Router::new()
        .route("/tasks/dispatch", post(dispatch))
        .route("/api/tasks", get(tasks).post(init))
        .route("/api/tasks/{id}", get(task))
        .route("/api/tasks/{id}/spec", get(spec).post(specify))
        .route("/api/tasks/{id}/write", post(write))
        .route("/api/tasks/{id}/close", post(close))
        .route("/api/tasks/{id}/explain", get(explain))
        .route("/api/tasks/{id}/consensus", get(consensus))
        .route("/api/human-tasks", get(human_tasks).post(create))
        .route("/api/human-tasks/{id}", get(read).patch(update).delete(delete))
        .route("/api/human-tasks/{id}/answer", post(answer))
        .route("/tasks/consensus", post(ask_several))
        .route("/api/workers", get(workers).post(act_on_workers))
}

async fn dispatch(Acting(host): Acting, bytes: Body) -> Answered<Response> {
    let request: ExecuteRequest = body(bytes)?;
    let run = host.dispatch(request, host.principal()).await?;
    Ok((StatusCode::ACCEPTED, Json(host.handle(run).await?)).into_response())
}

async fn answer(Acting(host): Acting, Path(id): Path<String>, bytes: Body) -> Answered<Response> {
    let said: HumanAnswer = body(bytes)?;
    Ok(Json(host.answer_human_task(&id, said, host.principal()).await?).into_response())
}

/// As `execute`, and the names of who is asked.
#[derive(Deserialize)]
struct SeveralAsked {
    #[serde(default)]
    executors: Vec<String>,
    #[serde(flatten)]
    request: serde_json::Value,
}

async fn ask_several(Acting(host): Acting, bytes: Body) -> Answered<Response> {
    let SeveralAsked { executors, request } = body(bytes)?;
    let request: ExecuteRequest = understood(request)?;
    let answer = host.consensus(request, &executors, host.principal()).await?;
    let status = if answer.state.is_final() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(answer)).into_response())
}

fn understood<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    serde_json::from_value(value).map_err(|error| {
        Problem::caller(
            "bad_json",
            format!("the body is not what is expected: {error}"),
            "send JSON as documented",
        )
    })
}

async fn workers(Acting(host): Acting) -> Answered<Response> {
    Ok(Json(host.workers().await?).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkersAction {
    action: WorkerAction,
}

async fn act_on_workers(Acting(host): Acting, bytes: Body) -> Answered<Response> {
    let WorkersAction { action } = body(bytes)?;
    Ok(Json(host.act_on_workers(action).await?).into_response())
}

async fn init(Acting(host): Acting, bytes: Body) -> Answered<Response> {
    let request: InitRequest = body(bytes)?;
    let answer = host.init_task(request, host.principal()).await?;
    let status = if answer.existing { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(answer)).into_response())
}

async fn tasks(Acting(host): Acting, filter: Asked<TasksFilter>) -> Answered<Response> {
    Ok(Json(host.tasks(query(filter)?).await?).into_response())
}

async fn task(Acting(host): Acting, Path(id): Path<String>) -> Answered<Response> {
    let task = host.find_task(&id).await?;
    Ok(Json(host.task(task).await?).into_response())
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SpecQuery {
    version: Option<u32>,
}

async fn spec(Acting(host): Acting, Path(id): Path<String>, asked: Asked<SpecQuery>) -> Answered<Response> {
    Ok(Json(host.spec(&id, query(asked)?.version).await?).into_response())
}

async fn specify(Acting(host): Acting, Path(id): Path<String>, bytes: Body) -> Answered<Response> {
    let request: SpecRequest = body(bytes)?;
    Ok(Json(host.specify(&id, request, host.principal()).await?).into_response())
}

async fn write(Acting(host): Acting, Path(id): Path<String>, bytes: Body) -> Answered<Response> {
    let request: WriteRequest = body(bytes)?;
    let answer = host.write_attempt(&id, request, host.principal()).await?;
    let status = if answer.existing { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(answer)).into_response())
}

async fn close(Acting(host): Acting, Path(id): Path<String>, bytes: Body) -> Answered<Response> {
    let request: CloseRequest = body(bytes)?;
    Ok(Json(host.close_task(&id, request, host.principal()).await?).into_response())
}

async fn explain(Acting(host): Acting, Path(id): Path<String>) -> Answered<Response> {
    Ok(Json(host.explain(&id).await?).into_response())
}

async fn consensus(Acting(host): Acting, Path(id): Path<String>) -> Answered<Response> {
    let task = host.find_task(&id).await?;
    Ok(Json(json!({ "rounds": host.rounds(task, None).await? })).into_response())
}

async fn create(Acting(host): Acting, bytes: Body) -> Answered<Response> {
    let request: HumanTaskRequest = body(bytes)?;
    let task = host.create_human_task(request, host.principal()).await?;
    Ok((StatusCode::CREATED, Json(task)).into_response())
}

async fn human_tasks(Acting(host): Acting, filter: Asked<HumanTasksFilter>) -> Answered<Response> {
    Ok(Json(host.human_tasks(query(filter)?).await?).into_response())
}

async fn read(Acting(host): Acting, Path(id): Path<String>) -> Answered<Response> {
    Ok(Json(host.human_task(&id).await?).into_response())
}

async fn update(Acting(host): Acting, Path(id): Path<String>, bytes: Body) -> Answered<Response> {
    let edit: HumanTaskEdit = body(bytes)?;
    Ok(Json(host.update_human_task(&id, edit, host.principal()).await?).into_response())
}

async fn delete(Acting(host): Acting, Path(id): Path<String>) -> Answered<Response> {
    Ok(Json(json!({ "deleted": host.delete_human_task(&id, host.principal()).await? })).into_response())
}
