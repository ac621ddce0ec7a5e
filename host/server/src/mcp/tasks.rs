//! The tasks extension on the host's own records: a task is a run, and its id is the run's.
//!
//! Only clients that declare it with the request are given one, and only in the stateless era: in the older one
//! a program may say that it has the extension and not know what to do with its answer. A task lives as long as
//! its run is on record, so a restart of the host changes nothing.

use super::caller::{Caller, modern};
use super::output;
use super::resources::told;
use jackfield::Host;
use jackfield_api::{HumanAction, HumanAnswer, HumanTasksFilter};
use jackfield_store::{HumanTask, HumanTaskKind, RunView};
use jackfield_types::{ErrorCode, Problem, RunId, RunState};
use rmcp::model::{
    CancelTaskParams, CreateTaskResult, DetailedTask, ErrorData, GetTaskParams, GetTaskResult, InputRequests,
    JsonObject, Task, TaskPayload, TaskStatus, UpdateTaskParams,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Value, json};

/// How often a client is to ask, milliseconds.
const POLL_MS: u64 = 2_000;

/// Whether the caller of a tool is to be given a task in place of an answer.
pub(super) fn wanted(context: &RequestContext<RoleServer>) -> bool {
    modern(context) && context.client_capabilities().is_some_and(|client| client.supports_tasks())
}

/// Clients of the older era are not offered any.
pub(super) fn only_modern(context: &RequestContext<RoleServer>, method: &str) -> Result<(), ErrorData> {
    match modern(context) {
        true => Ok(()),
        false => Err(ErrorData::new(
            rmcp::model::ErrorCode::METHOD_NOT_FOUND,
            format!("method not found: {method}"),
            None,
        )),
    }
}

/// A run that was just handed in, as its caller's task.
pub(super) async fn created(host: &Host, run: RunId) -> Result<CreateTaskResult, Problem> {
    let view = host.runs().get(run).await?;
    Ok(CreateTaskResult::new(task(host, &view).await?))
}

/// How a task stands, with its result where it has one.
pub(super) async fn get(caller: &Caller<'_>, params: &GetTaskParams) -> Result<GetTaskResult, ErrorData> {
    let view = known(caller, &params.task_id).await?;
    let detailed = detailed(caller, &view).await.map_err(|problem| told(&problem))?;
    Ok(GetTaskResult::new(detailed))
}

async fn detailed(caller: &Caller<'_>, view: &RunView) -> Result<DetailedTask, Problem> {
    let payload = match view.run.state {
        RunState::Succeeded | RunState::Failed => {
            let answer = caller.host.runs().answer(view.run.id, None).await?;
            let result = output::result("execute", output::answered(answer)?, caller.choice.answers);
            TaskPayload::Completed { result: object(&result) }
        }
        RunState::Cancelled => TaskPayload::Cancelled,
        RunState::Waiting => match asked(caller, view.run.id).await? {
            Some(input_requests) => TaskPayload::InputRequired { input_requests },
            None => TaskPayload::Working,
        },
        RunState::Queued | RunState::Running => TaskPayload::Working,
    };
    Ok(DetailedTask::new(task(&caller.host, view).await?, payload))
}

fn object(value: &impl serde::Serialize) -> JsonObject {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => object,
        _ => JsonObject::new(),
    }
}

async fn task(host: &Host, view: &RunView) -> Result<Task, Problem> {
    let run = &view.run;
    let last = host.output().events(run.id, run.last_seq.saturating_sub(1), 1).await?.pop();
    let touched = last.as_ref().map(|event| event.at).or(run.ended_at).unwrap_or(run.created_at);
    let status = match run.state {
        RunState::Cancelled => TaskStatus::Cancelled,
        state if state.is_final() => TaskStatus::Completed,
        _ => TaskStatus::Working,
    };
    let task = Task::new(run.id.to_string(), status, run.created_at.to_string(), touched.to_string());
    let said = last.as_ref().and_then(|last| jackfield_render::text::event(last, &last.event()));
    let message = match run.state {
        RunState::Waiting => "waits for a person".to_owned(),
        state => said.map_or_else(|| state.to_string(), |said| super::text_of::plain(&said)),
    };
    Ok(task.with_status_message(message).with_poll_interval_ms(POLL_MS))
}

/// What a person is asked, where the client can ask one.
async fn asked(caller: &Caller<'_>, run: RunId) -> Result<Option<InputRequests>, Problem> {
    let can = caller.context.client_capabilities().is_some_and(|client| client.elicitation.is_some());
    let Some(handoff) = handoff(&caller.host, run).await?.filter(|_| can) else {
        return Ok(None);
    };
    let question = json!({
        "method": "elicitation/create",
        "params": {
            "mode": "form",
            "message": super::text_of::plain(&format!("{}\n{}", handoff.title, handoff.body)),
            "requestedSchema": {
                "type": "object",
                "properties": {
                    "action": {
                        "type": "string",
                        "enum": ["retry", "accept", "stop"],
                        "description": "Another attempt, good as it is, or given up.",
                    },
                    "text": { "type": "string", "description": "What the next agent is told, or why." },
                },
                "required": ["action"],
            },
        },
    });
    let request = serde_json::from_value(question).map_err(|error| {
        Problem::operator(ErrorCode::UnreadableQuestion, error.to_string(), "report this as a bug")
    })?;
    Ok(Some([(handoff.id.to_string(), request)].into_iter().collect()))
}

async fn handoff(host: &Host, run: RunId) -> Result<Option<HumanTask>, Problem> {
    let filter = HumanTasksFilter {
        kind: Some(HumanTaskKind::Handoff.into()),
        run_id: Some(run.to_string()),
        limit: Some(1),
        ..HumanTasksFilter::default()
    };
    Ok(host.human_tasks().list(filter).await?.pop())
}

/// A person's answer to what the task waits for. Answers to what is not asked (any more) are passed over.
pub(super) async fn update(caller: &Caller<'_>, params: UpdateTaskParams) -> Result<(), ErrorData> {
    let view = known(caller, &params.task_id).await?;
    let waiting = handoff(&caller.host, view.run.id).await.map_err(|problem| told(&problem))?;
    let Some(handoff) = waiting else { return Ok(()) };
    let Some(response) = params.input_responses.get(&handoff.id.to_string()) else { return Ok(()) };
    // Declined: it goes on waiting, for a person who answers.
    if response.get("action").and_then(Value::as_str) != Some("accept") {
        return Ok(());
    }
    let content = response.get("content").cloned().unwrap_or_default();
    let action: HumanAction = content
        .get("action")
        .cloned()
        .and_then(|action| serde_json::from_value(action).ok())
        .ok_or_else(|| ErrorData::invalid_params("action must be retry, accept or stop", None))?;
    let text = content.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let said = HumanAnswer { action, text, executor: None, model: None };
    let answered = caller.host.human_tasks().answer(&handoff.id.to_string(), said).await;
    answered.map(drop).map_err(|problem| told(&problem))
}

/// Ends the run. One that has ended is left as it is.
pub(super) async fn cancel(caller: &Caller<'_>, params: &CancelTaskParams) -> Result<(), ErrorData> {
    let view = known(caller, &params.task_id).await?;
    match caller.host.runs().cancel(view.run.id, "its caller called the task off").await {
        Err(problem) if problem.code != ErrorCode::RunEnded => Err(told(&problem)),
        _ => Ok(()),
    }
}

/// The run of this task, where the caller may know of it; the whole id is needed, since it is what tells that.
async fn known(caller: &Caller<'_>, id: &str) -> Result<RunView, ErrorData> {
    let absent =
        || ErrorData::invalid_params(format!("there is no task '{id}'"), Some(json!({ "taskId": id })));
    let run: RunId = id.parse().map_err(|_| absent())?;
    caller.host.runs().get(run).await.map_err(|_| absent())
}
