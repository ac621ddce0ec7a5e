//! What each tool does: arguments in, one call of the host, text and data out.

use super::tools::{
    BreakerArguments, BreakerVerb, CancelArguments, NoArguments, QueryArguments, Question, ResultArguments,
};
use super::workflow;
use crate::Host;
use crate::api::{Answer, ExecuteRequest, HumanTasksFilter, Progress, RunsFilter};
use crate::doors::{text, text_people};
use jackfield_types::{Micros, Problem};
use rmcp::model::ProgressNotificationParam;
use rmcp::service::{RequestContext, RoleServer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use tokio::sync::mpsc;

/// Who asks, for the record.
pub(super) const PRINCIPAL: &str = "mcp";
/// Longest that a call blocks, seconds: many clients give up after 60.
pub(super) const LONGEST_WAIT: u64 = 45;

/// An answer: text that stands alone, and the same as data.
pub(super) struct Said {
    pub(super) text: String,
    pub(super) data: Value,
}

pub(super) async fn call(
    host: &Host,
    tool: &str,
    arguments: Value,
    context: &RequestContext<RoleServer>,
) -> Result<Said, Problem> {
    match tool {
        "execute" => execute(host, parse(arguments)?, context).await,
        "result" => result(host, parse(arguments)?).await,
        "cancel" => cancel(host, parse(arguments)?).await,
        "dispatch" => workflow::dispatch(host, parse(arguments)?).await,
        "consensus" => workflow::consensus(host, arguments).await,
        "workflow" => workflow::workflow(host, arguments).await,
        "task" => workflow::task(host, arguments).await,
        "workflow_query" => query(host, parse(arguments)?).await,
        "breaker" => breaker(host, parse(arguments)?).await,
        "orchestrator_status" => {
            parse::<NoArguments>(arguments)?;
            let status = host.orchestrator_status().await?;
            said(text::status(&status), &status)
        }
        "auth_status" => {
            parse::<NoArguments>(arguments)?;
            let status = host.auth_status().await;
            said(text::auth(&status), &serde_json::json!({ "executors": status }))
        }
        other => {
            Err(Problem::caller("no_such_tool", format!("there is no tool '{other}'"), "list the tools"))
        }
    }
}

pub(super) fn parse<T: DeserializeOwned>(arguments: Value) -> Result<T, Problem> {
    serde_json::from_value(arguments).map_err(|error| {
        Problem::caller(
            "bad_arguments",
            format!("the arguments do not fit: {error}"),
            "call again with the schema's fields",
        )
    })
}

pub(super) fn said(text: String, data: &impl Serialize) -> Result<Said, Problem> {
    let data = serde_json::to_value(data)
        .map_err(|error| Problem::operator("unreadable_answer", error.to_string(), "report this as a bug"))?;
    Ok(Said { text, data })
}

/// The compressed text, and what to do next where something is left to do.
pub(super) fn answered(answer: &Answer) -> Result<Said, Problem> {
    let next = answer.next.as_ref().map(|next| format!("\n{next}")).unwrap_or_default();
    said(format!("{}{next}", answer.text), answer)
}

async fn execute(
    host: &Host,
    mut request: ExecuteRequest,
    context: &RequestContext<RoleServer>,
) -> Result<Said, Problem> {
    request.wait_s = Some(request.wait_s.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT));
    let Some(token) = context.meta.get_progress_token() else {
        return answered(&host.execute(request, PRINCIPAL).await?);
    };
    let (tell, mut told) = mpsc::unbounded_channel::<Progress>();
    let notify = async {
        while let Some(progress) = told.recv().await {
            let note = ProgressNotificationParam::new(token.clone(), progress.seq as f64)
                .with_message(progress.message);
            if context.peer.notify_progress(note).await.is_err() {
                // The client has gone; the run goes on without it.
                break;
            }
        }
    };
    // The sender must be gone when the run has ended, or the notifier waits for ever.
    let work = async move {
        host.execute_with(request, PRINCIPAL, |progress| {
            let _ = tell.send(progress);
        })
        .await
    };
    let (answer, ()) = tokio::join!(work, notify);
    answered(&answer?)
}

async fn result(host: &Host, arguments: ResultArguments) -> Result<Said, Problem> {
    let run = host.find_run(&named(&arguments.run_id)?).await?;
    let wait = Duration::from_secs(arguments.wait_s.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT));
    answered(&host.result(run, wait, arguments.verbosity.as_deref()).await?)
}

async fn cancel(host: &Host, arguments: CancelArguments) -> Result<Said, Problem> {
    let run = host.find_run(&named(&arguments.run_id)?).await?;
    let reason = arguments.reason.unwrap_or_else(|| "cancelled over MCP".to_owned());
    answered(&host.cancel(run, &reason).await?)
}

/// An empty id would mean the last run, which no client should end by mistake.
fn named(run: &str) -> Result<String, Problem> {
    if run.trim().is_empty() {
        return Err(Problem::caller(
            "no_run_id",
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
            let runs = host.runs(RunsFilter { limit, ..RunsFilter::default() }).await?;
            let waiting = host.human_tasks(HumanTasksFilter::default()).await?;
            let told = match waiting.len() {
                0 => text::runs(&runs),
                _ => format!("{}\n\nfor people\n{}", text::runs(&runs), text_people::human_tasks(&waiting)),
            };
            said(told, &serde_json::json!({ "runs": runs, "human_tasks": waiting }))
        }
        Question::State => {
            let (task, run) = meant(host, &arguments).await?;
            let view = host.task_narrowed(task, run).await?;
            said(text_people::task(&view), &view)
        }
        Question::Consensus => {
            let (task, run) = meant(host, &arguments).await?;
            let rounds = host.rounds(task, run).await?;
            said(text_people::rounds(&rounds), &serde_json::json!({ "rounds": rounds }))
        }
        Question::Stats => {
            let (totals, models) = (host.stats().await?, host.model_stats().await?);
            said(text::stats(&totals, &models), &serde_json::json!({ "totals": totals, "models": models }))
        }
        Question::Chooser => {
            let request = arguments.request.ok_or_else(|| {
                Problem::caller(
                    "no_request",
                    "`chooser` needs `request`",
                    "give what you would give to `execute`",
                )
            })?;
            let advice = host.advise(request).await?;
            said(text::advice(&advice), &advice)
        }
    }
}

async fn meant(
    host: &Host,
    arguments: &QueryArguments,
) -> Result<(jackfield_types::TaskId, Option<jackfield_types::RunId>), Problem> {
    host.task_or_run(arguments.task_id.as_deref(), arguments.run_id.as_deref()).await
}

async fn breaker(host: &Host, arguments: BreakerArguments) -> Result<Said, Problem> {
    let reason = arguments.reason.unwrap_or_default();
    match arguments.action {
        BreakerVerb::State => {}
        BreakerVerb::History => {
            let history = host.breaker_history(20).await?;
            return said(text::breaker_history(&history), &serde_json::json!({ "events": history }));
        }
        BreakerVerb::Reset => drop(host.reset_breaker(PRINCIPAL, &reason).await?),
        BreakerVerb::Raise => {
            let by = Micros::from_usd(arguments.usd.unwrap_or_default());
            drop(host.raise_breaker(by, PRINCIPAL, &reason).await?);
        }
    }
    let status = host.breaker().await?;
    said(text::breaker(&status), &status)
}
