//! `dispatch`, `result`, `explain` and `task`.

use super::output::{Outcome, say, say_answer};
use super::remedies;
use super::request::{expect, instruction, request, workspace};
use super::task_args::{DispatchArgs, InitArgs, ResultArgs, SpecArgs, TaskCommand, WriteArgs};
use jackfield::Host;
use jackfield_api::{
    CloseRequest, Complexity, ExecuteRequest, InitRequest, SpecRequest, TasksFilter, Word, WriteRequest,
};
use jackfield_render::{text_explain, text_people};
use jackfield_types::{ErrorCode, Problem};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

/// `dispatch`: queues the run and returns; a worker executes it.
pub(super) async fn dispatch(host: &Host, arguments: &DispatchArgs, json: bool) -> Result<Outcome, Problem> {
    let request = ExecuteRequest { title: arguments.name.clone(), wait_s: None, ..request(&arguments.run)? };
    let run = host.runs().dispatch(request).await?;
    let handle = host.runs().handle(run).await?.named(remedies::command);
    say(json, || text_people::handle(&handle), &handle);
    Ok(Outcome::Fine)
}

pub(super) async fn result(host: &Host, arguments: &ResultArgs, json: bool) -> Result<Outcome, Problem> {
    let run = host.runs().find(&arguments.run).await?;
    let wait = Duration::from_secs(arguments.wait);
    let answer = host.runs().result(run, wait, arguments.verbosity.as_deref()).await?;
    let answer = say_answer(json, answer);
    Ok(if answer.state.is_final() { Outcome::of_run(&answer) } else { Outcome::Fine })
}

pub(super) async fn explain(host: &Host, id: Option<&str>, json: bool) -> Result<Outcome, Problem> {
    let explanation = host.tasks().explain(id.unwrap_or_default()).await?;
    say(json, || text_explain::explanation(&explanation), &explanation);
    Ok(Outcome::Fine)
}

pub(super) async fn task(host: &Host, command: TaskCommand, json: bool) -> Result<Outcome, Problem> {
    match command {
        TaskCommand::Init(arguments) => {
            let answer = host.tasks().init(init(arguments)?).await?;
            say(json, || text_people::init(&answer), &answer);
        }
        TaskCommand::Spec(arguments) => {
            let version = match spec(&arguments)? {
                Some(request) => host.tasks().specify(&arguments.task, request).await?,
                None => host.tasks().spec(&arguments.task, arguments.version).await?,
            };
            say(json, || text_people::spec(&version), &version);
        }
        TaskCommand::Write(arguments) => {
            let answer = host.tasks().write_attempt(&arguments.task, written(&arguments)?).await?;
            say(json, || text_people::written(&answer), &answer);
        }
        TaskCommand::Close { task, state, reason } => {
            let state = word("state", state, "done, failed or cancelled")?;
            let answer = host.tasks().close(&task, CloseRequest { state, reason }).await?;
            say(json, || text_people::closed(&answer), &answer);
        }
        TaskCommand::Show { task } => {
            let view = host.tasks().get(host.tasks().find(&task).await?).await?;
            say(json, || text_people::task(&view), &view);
        }
        TaskCommand::List { state, limit } => {
            let filter =
                TasksFilter { state: state.map(Word::read), limit: Some(limit), ..TasksFilter::default() };
            let tasks = host.tasks().list(filter).await?;
            say(json, || text_people::tasks(&tasks), &tasks);
        }
    }
    Ok(Outcome::Fine)
}

fn init(arguments: InitArgs) -> Result<InitRequest, Problem> {
    Ok(InitRequest {
        instruction: instruction(&arguments.instruction)?,
        title: arguments.title,
        workspace: Some(workspace(&arguments.workspace)),
        task_type: arguments.task_type,
        complexity: arguments.complexity.map(Complexity::Word),
        language: arguments.language,
        expect: expect(arguments.expect.as_deref())?,
        acceptance: arguments.acceptance,
        idempotency_key: arguments.idempotency_key,
        ..InitRequest::default()
    })
}

/// What is to be written; nothing where the specification is only to be shown.
fn spec(arguments: &SpecArgs) -> Result<Option<SpecRequest>, Problem> {
    let given = arguments.instruction.as_deref();
    let request = SpecRequest {
        instruction: given.map(instruction).transpose()?,
        acceptance: Some(arguments.acceptance.clone()).filter(|criteria| !criteria.is_empty()),
        notes: arguments.notes.clone(),
    };
    Ok(Some(request).filter(|request| *request != SpecRequest::default()))
}

/// Seconds as they are typed, which may have a fraction.
fn milliseconds(seconds: f64) -> Result<u64, Problem> {
    if seconds.is_finite() && seconds >= 0.0 {
        return Ok((seconds * 1e3).round() as u64);
    }
    Err(Problem::caller(
        ErrorCode::BadFigure,
        format!("--took is {seconds}"),
        "give seconds, 0 or more, like 12.5",
    ))
}

fn written(arguments: &WriteArgs) -> Result<WriteRequest, Problem> {
    if !(arguments.took.is_finite() && (0.0..1e8).contains(&arguments.took)) {
        return Err(Problem::caller(
            ErrorCode::BadTime,
            format!("--took is {}", arguments.took),
            "give seconds, like 90 or 1.5",
        ));
    }
    let classes: Vec<_> = jackfield_types::FailureClass::ALL.iter().map(|class| class.as_str()).collect();
    let class = arguments.failure_class.clone().map(|class| word("class", class, &classes.join(", ")));
    let verified = arguments.verified.clone().map(|said| word("verified", said, "passed, failed or not_run"));
    Ok(WriteRequest {
        executor: arguments.executor.clone(),
        model: arguments.model.clone(),
        outcome: word("outcome", arguments.outcome.clone(), "succeeded or failed")?,
        failure_class: class.transpose()?,
        summary: instruction(&arguments.summary)?,
        verified: verified.transpose()?,
        latency_ms: milliseconds(arguments.took)?,
        cost_usd: arguments.cost,
        input_tokens: arguments.input,
        cached_input_tokens: arguments.cached_input,
        cache_write_tokens: arguments.cache_write,
        output_tokens: arguments.output,
        branch: arguments.branch.clone(),
        url: arguments.url.clone(),
        idempotency_key: arguments.idempotency_key.clone(),
    })
}

/// A word of a fixed set, as it is written in JSON.
fn word<T: DeserializeOwned>(flag: &str, given: String, known: &str) -> Result<T, Problem> {
    let refused =
        Problem::caller(ErrorCode::BadArguments, format!("--{flag} is '{given}'"), format!("use {known}"));
    serde_json::from_value(Value::String(given)).map_err(|_| refused)
}
