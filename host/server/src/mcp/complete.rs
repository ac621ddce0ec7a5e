//! Completions: ids and names that exist, for the arguments of prompts and the templates of resources.

use jackfield::Host;
use jackfield_api::{RunsFilter, TasksFilter};
use jackfield_types::{Problem, Scope};
use rmcp::model::{CompleteRequestParams, CompletionInfo, ErrorData, Reference};
use std::collections::BTreeSet;

/// Most recent runs or tasks that are looked through.
const LOOKED_AT: u32 = 200;

/// What could be meant by what was typed so far; newest first where it is an id, else by name.
pub(super) async fn complete(
    host: &Host,
    request: &CompleteRequestParams,
) -> Result<CompletionInfo, ErrorData> {
    if let Some(unknown) = unknown(&request.r#ref) {
        return Err(ErrorData::invalid_params(unknown, None));
    }
    let typed = request.argument.value.trim();
    let context = request.context.as_ref().and_then(|context| context.arguments.as_ref());
    let executor = context.and_then(|given| given.get("executor")).map(String::as_str);
    let known = known(host, &request.argument.name, executor)
        .await
        .map_err(|problem| super::resources::told(&problem))?;
    let typed = typed.to_lowercase();
    let fits: Vec<_> = known.into_iter().filter(|value| value.to_lowercase().starts_with(&typed)).collect();
    let total = u32::try_from(fits.len()).ok();
    let more = fits.len() > CompletionInfo::MAX_VALUES;
    let first = fits.into_iter().take(CompletionInfo::MAX_VALUES).collect();
    CompletionInfo::with_pagination(first, total, more)
        .map_err(|error| ErrorData::internal_error(error, None))
}

fn unknown(reference: &Reference) -> Option<String> {
    match reference {
        Reference::Prompt(prompt) => super::prompts::all()
            .iter()
            .all(|known| known.name != prompt.name)
            .then(|| format!("there is no prompt '{}'", prompt.name)),
        Reference::Resource(template) => super::resources::templates()
            .iter()
            .all(|known| known.uri_template != template.uri)
            .then(|| format!("there is no template '{}'", template.uri)),
        _ => Some("only prompts and resource templates are completed".to_owned()),
    }
}

async fn known(host: &Host, argument: &str, executor: Option<&str>) -> Result<Vec<String>, Problem> {
    host.caller().require(Scope::Read)?;
    Ok(match argument {
        "run_id" => {
            let filter = RunsFilter { limit: Some(LOOKED_AT), ..RunsFilter::default() };
            host.runs().list(filter).await?.iter().map(|run| run.run.to_string()).collect()
        }
        "task_id" => {
            let filter = TasksFilter { limit: Some(LOOKED_AT), ..TasksFilter::default() };
            host.tasks().list(filter).await?.iter().map(|summary| summary.id.to_string()).collect()
        }
        "workspace" => {
            host.workspaces().names().await?.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
        }
        "executor" => host.plugins().executors().into_iter().map(|(name, _)| name).collect(),
        "model" => {
            let executors = host.plugins().executors().into_iter();
            let asked = executors.filter(|(name, _)| executor.is_none_or(|executor| executor == name));
            asked.flat_map(|(_, models)| models).collect::<BTreeSet<_>>().into_iter().collect()
        }
        _ => Vec::new(),
    })
}
