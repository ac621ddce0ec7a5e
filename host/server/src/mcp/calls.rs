//! What each tool does: arguments in, one call of the host, text and data out.

use super::caller::Caller;
use super::output::{Said, answered, queued, said};
use super::tools::{CancelArguments, NoArguments, QueryArguments, Question, ResultArguments, RetryArguments};
use super::waiting::Wait;
use super::{admin, tasks, workflow};
use crate::fields;
use jackfield::Host;
use jackfield_api::{ExecuteRequest, HumanTasksFilter, RunsFilter};
use jackfield_config::{OnClose, plain};
use jackfield_render::{text, text_people};
use jackfield_types::{ErrorCode, Problem, RunId, Scope};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Names, as a list or as one text with commas.
#[derive(Deserialize, JsonSchema)]
#[serde(from = "OneOrMore")]
struct Names(Vec<String>);

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl From<OneOrMore> for Names {
    fn from(given: OneOrMore) -> Self {
        let names = match given {
            OneOrMore::One(text) => text.split(',').map(|name| name.trim().to_owned()).collect(),
            OneOrMore::More(names) => names,
        };
        Self(names.into_iter().filter(|name: &String| !name.is_empty()).collect())
    }
}

/// What a call came to.
pub(super) enum Outcome {
    Said(Said),
    /// The run goes on as its caller's task.
    Task(RunId),
}

impl From<Said> for Outcome {
    fn from(said: Said) -> Self {
        Self::Said(said)
    }
}

pub(super) async fn call(caller: &Caller<'_>, tool: &str, arguments: Value) -> Result<Outcome, Problem> {
    let host = &caller.host;
    let said = match tool {
        "execute" => return execute(caller, arguments).await,
        "consensus" => return consensus(caller, arguments).await,
        "result" => result(caller, parse(arguments)?).await,
        "cancel" => cancel(host, parse(arguments)?).await,
        "retry" => retry(host, parse(arguments)?).await,
        // This tool has its own name for what is to be done, which an error is to use.
        "dispatch" => match parse(arguments) {
            Ok(request) => workflow::dispatch(caller, request).await,
            Err(problem) => Err(Problem {
                message: problem.message.replace("field `instruction`", "field `prompt` (the instruction)"),
                ..problem
            }),
        },
        "workflow" => workflow::workflow(caller, arguments).await,
        "task" => workflow::task(caller, arguments).await,
        "workflow_query" => query(host, parse(arguments)?).await,
        "breaker" => admin::breaker(caller, arguments).await,
        "plugins" => admin::plugins(caller, arguments).await,
        "workers" => admin::workers(caller, arguments).await,
        "orchestrator_status" => {
            parse::<NoArguments>(arguments)?;
            let status = host.status().orchestrator().await?;
            said(text::status(&status), &status)
        }
        "auth_status" => {
            parse::<NoArguments>(arguments)?;
            host.caller().require(Scope::Read)?;
            let status = host.status().executors().await;
            said(text::auth(&status), &serde_json::json!({ "executors": status }))
        }
        other => Err(Problem::caller(
            ErrorCode::NoSuchTool,
            format!("there is no tool '{other}'"),
            "list the tools",
        )),
    };
    said.map(Outcome::from)
}

pub(super) fn parse<T: DeserializeOwned + JsonSchema>(arguments: Value) -> Result<T, Problem> {
    fields::read(arguments).map_err(|why| bad_arguments(&why))
}

pub(super) fn bad_arguments(why: &str) -> Problem {
    Problem::caller(
        ErrorCode::BadArguments,
        format!("failed to read the arguments: {}", plain(why)),
        "correct the arguments: the tool's input schema lists its fields, their types and which are required",
    )
}

/// Takes a field out that the host's own request does not have.
fn taken<T: DeserializeOwned + JsonSchema>(
    arguments: Value,
    field: &str,
) -> Result<(Option<T>, Value), Problem> {
    let mut given: Map<String, Value> = parse(arguments)?;
    let taken = fields::take(&mut given, field).map_err(|why| bad_arguments(&why))?;
    Ok((taken.map(parse).transpose()?, Value::Object(given)))
}

async fn execute(caller: &Caller<'_>, arguments: Value) -> Result<Outcome, Problem> {
    let (on_close, arguments) = taken(arguments, "on_close")?;
    let request: ExecuteRequest = parse(arguments)?;
    let (seconds, verbosity) = (request.wait_s, request.verbosity.clone());
    let run = caller.host.runs().dispatch(request).await?;
    follow(caller, run, seconds, verbosity.as_deref(), on_close).await
}

async fn consensus(caller: &Caller<'_>, arguments: Value) -> Result<Outcome, Problem> {
    let (on_close, arguments) = taken(arguments, "on_close")?;
    let (executors, arguments) = taken::<Names>(arguments, "executors")?;
    let executors = executors.map(|Names(names)| names);
    let request: ExecuteRequest = parse(arguments)?;
    let (seconds, verbosity) = (request.wait_s, request.verbosity.clone());
    let executors = executors.unwrap_or_default();
    let run = caller.host.runs().dispatch_consensus(request, &executors).await?;
    follow(caller, run, seconds, verbosity.as_deref(), on_close).await
}

/// Waits for a run that the call has started, or gives it to a client that knows what tasks are.
async fn follow(
    caller: &Caller<'_>,
    run: RunId,
    seconds: Option<u64>,
    verbosity: Option<&str>,
    on_close: Option<OnClose>,
) -> Result<Outcome, Problem> {
    if tasks::wanted(caller.context) {
        return Ok(Outcome::Task(run));
    }
    let on_close = on_close.unwrap_or_else(|| caller.host.config().mcp.on_close);
    let wait = Wait { run, seconds, verbosity, on_close: Some(on_close) };
    wait.answer(caller).await.map(Outcome::from)
}

async fn result(caller: &Caller<'_>, arguments: ResultArguments) -> Result<Said, Problem> {
    let run = caller.host.runs().find(&named(&arguments.run_id)?).await?;
    let verbosity = arguments.verbosity.as_deref();
    caller.host.runs().check_answer(run, verbosity).await?;
    Wait { run, seconds: arguments.wait_s, verbosity, on_close: None }.answer(caller).await
}

async fn cancel(host: &Host, arguments: CancelArguments) -> Result<Said, Problem> {
    let run = host.runs().find(&named(&arguments.run_id)?).await?;
    let reason = arguments.reason.unwrap_or_else(|| "cancelled over MCP".to_owned());
    answered(host.runs().cancel(run, &reason).await?)
}

async fn retry(host: &Host, arguments: RetryArguments) -> Result<Said, Problem> {
    let run = host.runs().find(&named(&arguments.run_id)?).await?;
    let reason = arguments.reason.unwrap_or_else(|| "retried over MCP".to_owned());
    let again = host.runs().retry(run, arguments.idempotency_key, &reason).await?;
    queued(host.runs().handle(again).await?)
}

/// An empty id would mean the last run, which no client should end by mistake.
fn named(run: &str) -> Result<String, Problem> {
    if run.trim().is_empty() {
        return Err(Problem::caller(
            ErrorCode::NoRunId,
            "run_id is empty",
            "give the run_id that `execute` answered with",
        ));
    }
    Ok(run.trim().to_owned())
}

async fn query(host: &Host, arguments: QueryArguments) -> Result<Said, Problem> {
    match arguments.query {
        Question::Summary => {
            let limit = Some(arguments.limit.unwrap_or(10));
            let runs = host.runs().list(RunsFilter { limit, ..RunsFilter::default() }).await?;
            let waiting = host.human_tasks().list(HumanTasksFilter::default()).await?;
            let told = match waiting.len() {
                0 => text::runs(&runs),
                _ => format!("{}\n\nfor people\n{}", text::runs(&runs), text_people::human_tasks(&waiting)),
            };
            said(told, &serde_json::json!({ "runs": runs, "human_tasks": waiting }))
        }
        Question::State => {
            let (task, run) = meant(host, &arguments).await?;
            let view = host.tasks().get_narrowed(task, run).await?;
            said(text_people::task(&view), &view)
        }
        Question::Consensus => {
            let (task, run) = meant(host, &arguments).await?;
            let rounds = host.tasks().rounds(task, run).await?;
            said(text_people::rounds(&rounds), &serde_json::json!({ "rounds": rounds }))
        }
        Question::Stats => {
            let (totals, models) = (host.status().totals().await?, host.status().model_stats().await?);
            said(text::stats(&totals, &models), &serde_json::json!({ "totals": totals, "models": models }))
        }
        Question::Chooser => {
            let request = arguments.request.ok_or_else(|| {
                Problem::caller(
                    ErrorCode::NoRequest,
                    "`chooser` needs `request`",
                    "give what you would give to `execute`",
                )
            })?;
            let advice = host.runs().advise(request).await?;
            said(text::advice(&advice), &advice)
        }
    }
}

async fn meant(
    host: &Host,
    arguments: &QueryArguments,
) -> Result<(jackfield_types::TaskId, Option<jackfield_types::RunId>), Problem> {
    host.tasks().resolve(arguments.task_id.as_deref(), arguments.run_id.as_deref()).await
}
