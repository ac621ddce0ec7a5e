//! REST of tasks: handed in, kept track of, explained, and what waits for people.

use super::rest::{Answered, PRINCIPAL, body, query};
use crate::Host;
use crate::api::{
    CloseRequest, ExecuteRequest, HumanAnswer, HumanTaskEdit, HumanTaskRequest, HumanTasksFilter,
    InitRequest, SpecRequest, TasksFilter, WorkerAction, WriteRequest,
};
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
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

async fn dispatch(State(host): State<Host>, bytes: Body) -> Answered<Response> {
    let request: ExecuteRequest = body(bytes)?;
    let run = host.dispatch(request, PRINCIPAL).await?;
    Ok((StatusCode::ACCEPTED, Json(host.handle(run).await?)).into_response())
}

async fn answer(State(host): State<Host>, Path(id): Path<String>, bytes: Body) -> Answered<Response> {
    let said: HumanAnswer = body(bytes)?;
    Ok(Json(host.answer_human_task(&id, said, PRINCIPAL).await?).into_response())
}

/// As `execute`, and the names of who is asked.
#[derive(Deserialize)]
struct SeveralAsked {
    #[serde(default)]
    executors: Vec<String>,
    #[serde(flatten)]
    request: serde_json::Value,
}

async fn ask_several(State(host): State<Host>, bytes: Body) -> Answered<Response> {
    let SeveralAsked { executors, request } = body(bytes)?;
    let request: ExecuteRequest = understood(request)?;
    let answer = host.consensus(request, &executors, PRINCIPAL).await?;
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

async fn workers(State(host): State<Host>) -> Answered<Response> {
    Ok(Json(host.workers().await?).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkersAction {
    action: WorkerAction,
}

async fn act_on_workers(State(host): State<Host>, bytes: Body) -> Answered<Response> {
    let WorkersAction { action } = body(bytes)?;
    Ok(Json(host.act_on_workers(action).await?).into_response())
}

async fn init(State(host): State<Host>, bytes: Body) -> Answered<Response> {
    let request: InitRequest = body(bytes)?;
    let answer = host.init_task(request, PRINCIPAL).await?;
    let status = if answer.existing { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(answer)).into_response())
}

async fn tasks(State(host): State<Host>, filter: Asked<TasksFilter>) -> Answered<Response> {
    Ok(Json(host.tasks(query(filter)?).await?).into_response())
}

async fn task(State(host): State<Host>, Path(id): Path<String>) -> Answered<Response> {
    let task = host.find_task(&id).await?;
    Ok(Json(host.task(task).await?).into_response())
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SpecQuery {
    version: Option<u32>,
}

async fn spec(
    State(host): State<Host>,
    Path(id): Path<String>,
    asked: Asked<SpecQuery>,
) -> Answered<Response> {
    Ok(Json(host.spec(&id, query(asked)?.version).await?).into_response())
}

async fn specify(State(host): State<Host>, Path(id): Path<String>, bytes: Body) -> Answered<Response> {
    let request: SpecRequest = body(bytes)?;
    Ok(Json(host.specify(&id, request, PRINCIPAL).await?).into_response())
}

async fn write(State(host): State<Host>, Path(id): Path<String>, bytes: Body) -> Answered<Response> {
    let request: WriteRequest = body(bytes)?;
    let answer = host.write_attempt(&id, request, PRINCIPAL).await?;
    let status = if answer.existing { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(answer)).into_response())
}

async fn close(State(host): State<Host>, Path(id): Path<String>, bytes: Body) -> Answered<Response> {
    let request: CloseRequest = body(bytes)?;
    Ok(Json(host.close_task(&id, request, PRINCIPAL).await?).into_response())
}

async fn explain(State(host): State<Host>, Path(id): Path<String>) -> Answered<Response> {
    Ok(Json(host.explain(&id).await?).into_response())
}

async fn consensus(State(host): State<Host>, Path(id): Path<String>) -> Answered<Response> {
    let task = host.find_task(&id).await?;
    Ok(Json(json!({ "rounds": host.rounds(task, None).await? })).into_response())
}

async fn create(State(host): State<Host>, bytes: Body) -> Answered<Response> {
    let request: HumanTaskRequest = body(bytes)?;
    let task = host.create_human_task(request, PRINCIPAL).await?;
    Ok((StatusCode::CREATED, Json(task)).into_response())
}

async fn human_tasks(State(host): State<Host>, filter: Asked<HumanTasksFilter>) -> Answered<Response> {
    Ok(Json(host.human_tasks(query(filter)?).await?).into_response())
}

async fn read(State(host): State<Host>, Path(id): Path<String>) -> Answered<Response> {
    Ok(Json(host.human_task(&id).await?).into_response())
}

async fn update(State(host): State<Host>, Path(id): Path<String>, bytes: Body) -> Answered<Response> {
    let edit: HumanTaskEdit = body(bytes)?;
    Ok(Json(host.update_human_task(&id, edit, PRINCIPAL).await?).into_response())
}

async fn delete(State(host): State<Host>, Path(id): Path<String>) -> Answered<Response> {
    Ok(Json(json!({ "deleted": host.delete_human_task(&id, PRINCIPAL).await? })).into_response())
}
