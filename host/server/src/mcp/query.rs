//! The tool `workflow_query`: looks at what happened, and at what the chooser would pick.

use super::arguments::{QueryArguments, Question};
use super::output::{Said, said};
use jackfield::Host;
use jackfield_api::{HumanTasksFilter, RunsFilter};
use jackfield_render::{text, text_people};
use jackfield_types::{ErrorCode, Problem, RunId, TaskId};
use serde_json::json;

pub(super) async fn query(host: &Host, arguments: QueryArguments) -> Result<Said, Problem> {
    match arguments.query {
        Question::Summary => {
            let limit = Some(arguments.limit.unwrap_or(10));
            let runs = host.runs().list(RunsFilter { limit, ..RunsFilter::default() }).await?;
            let waiting = host.human_tasks().list(HumanTasksFilter::default()).await?;
            let told = match waiting.len() {
                0 => text::runs(&runs),
                _ => format!("{}\n\nfor people\n{}", text::runs(&runs), text_people::human_tasks(&waiting)),
            };
            said(told, &json!({ "runs": runs, "human_tasks": waiting }))
        }
        Question::State => {
            let (task, run) = meant(host, &arguments).await?;
            let view = host.tasks().get_narrowed(task, run).await?;
            said(text_people::task(&view), &view)
        }
        Question::Consensus => {
            let (task, run) = meant(host, &arguments).await?;
            let rounds = host.tasks().rounds(task, run).await?;
            said(text_people::rounds(&rounds), &json!({ "rounds": rounds }))
        }
        Question::Stats => {
            let (totals, models) = (host.status().totals().await?, host.status().model_stats().await?);
            said(text::stats(&totals, &models), &json!({ "totals": totals, "models": models }))
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

async fn meant(host: &Host, arguments: &QueryArguments) -> Result<(TaskId, Option<RunId>), Problem> {
    host.tasks().resolve(arguments.task_id.as_deref(), arguments.run_id.as_deref()).await
}
