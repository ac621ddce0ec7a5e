//! REST of tasks: handed in, kept track of, explained, and what waits for people.

use super::bodies::{RUN_FAILED, StatusQuery, as_of_event, bad_body, body, linked, of_run, page, with_key};
use super::contract::Routes;
use super::fields;
use super::guard::Acting;
use super::operation::{delete, get, patch, post};
use super::path::Path;
use super::refused::Answered;
use super::remedies::route;
use super::rest_query::{Asked, query};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use jackfield::Host;
use jackfield_api::{
    Answer, CloseAnswer, CloseRequest, ExecuteRequest, Explanation, Handle, HumanAnswer, HumanTaskEdit,
    HumanTaskRequest, HumanTasksFilter, InitAnswer, InitRequest, SpecRequest, SpecVersion, TasksFilter,
    WriteAnswer, WriteRequest,
};
use jackfield_store::{HumanTask, Round, TaskPage, TaskSummary, TaskView};
use jackfield_types::{ErrorCode, Problem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

type Body = Result<Bytes, BytesRejection>;

/// The guarded routes of tasks.
pub(super) fn routes() -> Routes {
    for_agents().and(kept()).and(for_people())
}

fn for_agents() -> Routes {
    Routes::new()
        .on(
            post("/tasks/dispatch", "dispatch", "Start a task and get its run at once.")
                .takes::<ExecuteRequest>()
                .idempotent()
                .or::<Handle>(202, "It is in the queue."),
            dispatch,
        )
        .on(
            post(
                "/tasks/consensus",
                "consensus",
                "Have several agents do the same side by side, and compare what they did.",
            )
            .asks::<StatusQuery>()
            .takes::<SeveralAsked>()
            .idempotent()
            .answers::<Answer>("The run has ended: `state` says how.")
            .or::<Answer>(202, "It goes on: ask for its result later.")
            .or::<Answer>(422, RUN_FAILED),
            ask_several,
        )
}

fn kept() -> Routes {
    Routes::new()
        .on(
            get("/api/tasks", "listTasks", "Tasks, newest first.")
                .asks::<TasksFilter>()
                .paged()
                .answers::<Vec<TaskSummary>>("A page."),
            tasks,
        )
        .on(
            post("/api/tasks", "initTask", "Keep a task without a run, for work that is done elsewhere.")
                .takes::<InitRequest>()
                .idempotent()
                .answers::<InitAnswer>("It was there under the same key.")
                .or::<InitAnswer>(201, "It was made."),
            init,
        )
        .on(
            get("/api/tasks/{id}", "getTask", "One task with its runs, attempts, decisions and checkpoints.")
                .asks::<OfRun>()
                .tagged()
                .answers::<TaskView>("All of it."),
            task,
        )
        .on(
            get("/api/tasks/{id}/spec", "getSpec", "What a task is to be.")
                .asks::<SpecQuery>()
                .answers::<SpecVersion>("That version, or the last one."),
            spec,
        )
        .on(
            post("/api/tasks/{id}/spec", "specify", "Write the next version of what a task is to be.")
                .takes::<SpecRequest>()
                .answers::<SpecVersion>("The new version."),
            specify,
        )
        .on(
            post(
                "/api/tasks/{id}/write",
                "writeAttempt",
                "Log an attempt that was made elsewhere, and what it cost.",
            )
            .takes::<WriteRequest>()
            .idempotent()
            .answers::<WriteAnswer>("It was on record under the same key.")
            .or::<WriteAnswer>(201, "It is on record."),
            write,
        )
        .on(
            post("/api/tasks/{id}/close", "closeTask", "End a task.")
                .takes::<CloseRequest>()
                .answers::<CloseAnswer>("It is closed."),
            close,
        )
        .on(
            get(
                "/api/tasks/{id}/explain",
                "explain",
                "Every decision about a task, in order: from what, by whom, why.",
            )
            .tagged()
            .answers::<Explanation>("From what was asked to what became of it."),
            explain,
        )
        .on(
            get(
                "/api/tasks/{id}/consensus",
                "taskRounds",
                "The rounds in which several agents did the same, compared.",
            )
            .asks::<OfRun>()
            .answers::<Rounds>("Oldest first."),
            consensus,
        )
}

fn for_people() -> Routes {
    Routes::new()
        .on(
            get("/api/human-tasks", "listHumanTasks", "What waits for a person: the most pressing first.")
                .asks::<HumanTasksFilter>()
                .paged()
                .answers::<Vec<HumanTask>>("A page."),
            human_tasks,
        )
        .on(
            post("/api/human-tasks", "createHumanTask", "A to-do for a person.")
                .takes::<HumanTaskRequest>()
                .idempotent()
                .or::<HumanTask>(201, "It was made."),
            create,
        )
        .on(
            get("/api/human-tasks/{id}", "getHumanTask", "One of them.").tagged().answers::<HumanTask>("It."),
            read,
        )
        .on(
            patch("/api/human-tasks/{id}", "updateHumanTask", "Change a to-do; what is not named stays.")
                .takes::<HumanTaskEdit>()
                .answers::<HumanTask>("As it is now."),
            update,
        )
        .on(
            delete("/api/human-tasks/{id}", "deleteHumanTask", "Delete a to-do for good.")
                .answers::<Deleted>("What it was."),
            remove,
        )
        .on(
            post(
                "/api/human-tasks/{id}/answer",
                "answerHumanTask",
                "Say what is to become of a run that waits for a person.",
            )
            .takes::<HumanAnswer>()
            .answers::<Answer>("The run as it is now."),
            answer,
        )
}

async fn dispatch(Acting(host): Acting, headers: HeaderMap, bytes: Body) -> Answered<Response> {
    let mut request: ExecuteRequest = body(bytes)?;
    with_key(&headers, &mut request.idempotency_key)?;
    let run = host.runs().dispatch(request).await?;
    Ok((StatusCode::ACCEPTED, Json(host.runs().handle(run).await?.named(route))).into_response())
}

async fn answer(Acting(host): Acting, Path(id): Path<String>, bytes: Body) -> Answered<Response> {
    let said: HumanAnswer = body(bytes)?;
    Ok(Json(host.human_tasks().answer(&id, said).await?.named(route)).into_response())
}

/// As `execute`, and the names of who is asked.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ConsensusRequest")]
#[allow(dead_code, reason = "the schema of the body, which is read in two parts")]
struct SeveralAsked {
    /// Executors; the two best where none is named.
    #[serde(default)]
    executors: Vec<String>,
    #[serde(flatten)]
    #[schemars(with = "ExecuteRequest")]
    request: serde_json::Value,
}

async fn ask_several(
    Acting(host): Acting,
    headers: HeaderMap,
    asked: Asked<StatusQuery>,
    bytes: Body,
) -> Answered<Response> {
    let status = query(asked)?;
    let mut fields: serde_json::Map<String, serde_json::Value> = body(bytes)?;
    let executors = fields.remove("executors").unwrap_or_default();
    let executors = fields::mended(serde_json::json!({ "executors": executors }), "");
    let Several { executors } = executors.map_err(|why| bad_body(&why))?;
    let mut request: ExecuteRequest =
        fields::read(serde_json::Value::Object(fields)).map_err(|why| bad_body(&why))?;
    with_key(&headers, &mut request.idempotency_key)?;
    Ok(of_run(host.runs().consensus(request, &executors).await?, &status))
}

/// Who is asked.
#[derive(Deserialize, JsonSchema)]
struct Several {
    #[serde(default)]
    executors: Vec<String>,
}

async fn init(Acting(host): Acting, headers: HeaderMap, bytes: Body) -> Answered<Response> {
    let mut request: InitRequest = body(bytes)?;
    with_key(&headers, &mut request.idempotency_key)?;
    let answer = host.tasks().init(request).await?;
    let status = if answer.existing { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(answer)).into_response())
}

async fn tasks(Acting(host): Acting, uri: Uri, filter: Asked<TasksFilter>) -> Answered<Response> {
    let filter = query(filter)?;
    let as_of = host.events().last().await?;
    let TaskPage { tasks, next } = host.tasks().page(filter).await?;
    Ok(as_of_event(as_of, linked(&tasks, &uri, "before", next.map(|next| next.to_string()))))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct OfRun {
    /// Only this run of the task.
    run_id: Option<String>,
}

async fn task(Acting(host): Acting, Path(id): Path<String>, asked: Asked<OfRun>) -> Answered<Response> {
    let (task, run) = narrowed(&host, &id, asked).await?;
    Ok(Json(host.tasks().get_narrowed(task, run).await?).into_response())
}

async fn narrowed(
    host: &Host,
    id: &str,
    asked: Asked<OfRun>,
) -> Result<(jackfield_types::TaskId, Option<jackfield_types::RunId>), Problem> {
    let task = host.tasks().find(id).await?;
    let Some(run) = query(asked)?.run_id else { return Ok((task, None)) };
    let (of, run) = host.tasks().resolve(None, Some(&run)).await?;
    if of == task {
        return Ok((task, run));
    }
    Err(Problem::caller(
        ErrorCode::RunNotFound,
        "that run is another task's",
        "leave run_id out, or name the run's own task",
    ))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct SpecQuery {
    /// A checkpoint's number; 0: as asked.
    version: Option<u32>,
}

async fn spec(Acting(host): Acting, Path(id): Path<String>, asked: Asked<SpecQuery>) -> Answered<Response> {
    Ok(Json(host.tasks().spec(&id, query(asked)?.version).await?).into_response())
}

async fn specify(Acting(host): Acting, Path(id): Path<String>, bytes: Body) -> Answered<Response> {
    let request: SpecRequest = body(bytes)?;
    Ok(Json(host.tasks().specify(&id, request).await?).into_response())
}

async fn write(
    Acting(host): Acting,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Body,
) -> Answered<Response> {
    let mut request: WriteRequest = body(bytes)?;
    with_key(&headers, &mut request.idempotency_key)?;
    let answer = host.tasks().write_attempt(&id, request).await?;
    let status = if answer.existing { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(answer)).into_response())
}

async fn close(Acting(host): Acting, Path(id): Path<String>, bytes: Body) -> Answered<Response> {
    let request: CloseRequest = body(bytes)?;
    Ok(Json(host.tasks().close(&id, request).await?).into_response())
}

async fn explain(Acting(host): Acting, Path(id): Path<String>) -> Answered<Response> {
    Ok(Json(host.tasks().explain(&id).await?).into_response())
}

#[derive(Serialize, JsonSchema)]
struct Rounds {
    rounds: Vec<Round>,
}

async fn consensus(Acting(host): Acting, Path(id): Path<String>, asked: Asked<OfRun>) -> Answered<Response> {
    let (task, run) = narrowed(&host, &id, asked).await?;
    Ok(Json(Rounds { rounds: host.tasks().rounds(task, run).await? }).into_response())
}

async fn create(Acting(host): Acting, headers: HeaderMap, bytes: Body) -> Answered<Response> {
    let mut request: HumanTaskRequest = body(bytes)?;
    with_key(&headers, &mut request.idempotency_key)?;
    let task = host.human_tasks().create(request).await?;
    Ok((StatusCode::CREATED, Json(task)).into_response())
}

async fn human_tasks(Acting(host): Acting, uri: Uri, filter: Asked<HumanTasksFilter>) -> Answered<Response> {
    let filter = query(filter)?;
    let (most, skipped) = (filter.page(), filter.skip.unwrap_or_default());
    let tasks = host.human_tasks().list(filter).await?;
    let next = Some(skipped.saturating_add(u64::from(most)).to_string());
    Ok(page(&tasks, most, &uri, "skip", next))
}

async fn read(Acting(host): Acting, Path(id): Path<String>) -> Answered<Response> {
    Ok(Json(host.human_tasks().get(&id).await?).into_response())
}

async fn update(Acting(host): Acting, Path(id): Path<String>, bytes: Body) -> Answered<Response> {
    let edit: HumanTaskEdit = body(bytes)?;
    Ok(Json(host.human_tasks().update(&id, edit).await?).into_response())
}

#[derive(Serialize, JsonSchema)]
struct Deleted {
    deleted: HumanTask,
}

async fn remove(Acting(host): Acting, Path(id): Path<String>) -> Answered<Response> {
    Ok(Json(Deleted { deleted: host.human_tasks().delete(&id).await? }).into_response())
}
