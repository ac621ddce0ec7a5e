//! What each tool does: arguments in, one call of the host, text and data out.

use super::arguments::{CancelArguments, Names, NoArguments, ResultArguments, RetryArguments, parse, taken};
use super::caller::Caller;
use super::output::{Said, answered, queued, said};
use super::query::query;
use super::waiting::Wait;
use super::{admin, board, tasks, workflow};
use jackfield::Host;
use jackfield_api::ExecuteRequest;
use jackfield_config::OnClose;
use jackfield_render::text;
use jackfield_types::{ErrorCode, Problem, RunId, Scope};
use serde_json::Value;

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
        "board" => board::board(caller, arguments).await,
        "card" => board::card(caller, arguments).await,
        "recipe" => board::recipe(caller, arguments).await,
        "skill" => board::skill(caller, arguments).await,
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
