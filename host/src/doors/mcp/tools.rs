//! The tools as clients see them: short descriptions, the important words first.

use crate::api::ExecuteRequest;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Which run, and how long to wait for it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResultArguments {
    /// The run_id that `execute` gave.
    pub(super) run_id: String,
    /// How long to wait for the end, seconds; default and most 45.
    #[serde(default)]
    pub(super) wait_s: Option<u64>,
    /// summary, mermaid, standard or full.
    #[serde(default)]
    pub(super) verbosity: Option<String>,
}

/// Which run, and why.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelArguments {
    /// The run_id that `execute` gave.
    pub(super) run_id: String,
    /// Kept with the run.
    #[serde(default)]
    pub(super) reason: Option<String>,
}

/// What to look up.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Question {
    /// Recent runs.
    Summary,
    /// One run in full.
    State,
    /// Totals, and figures by executor and model.
    Stats,
    /// Whom the chooser would pick for `request`; nothing is started.
    Chooser,
}

/// A look at what happened.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QueryArguments {
    pub(super) query: Question,
    /// For `state`.
    #[serde(default)]
    pub(super) run_id: Option<String>,
    /// For `summary`: how many, default 10.
    #[serde(default)]
    pub(super) limit: Option<u32>,
    /// For `chooser`: what would be asked of `execute`.
    #[serde(default)]
    pub(super) request: Option<ExecuteRequest>,
}

/// What to do with the breaker.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum BreakerVerb {
    #[default]
    State,
    History,
    /// Forgive what was spent; needs `reason`.
    Reset,
    /// Allow `usd` more today; needs `reason`.
    Raise,
}

/// A look at the money, or a change of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BreakerArguments {
    #[serde(default)]
    pub(super) action: BreakerVerb,
    #[serde(default)]
    pub(super) usd: Option<f64>,
    #[serde(default)]
    pub(super) reason: Option<String>,
}

/// Nothing is needed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoArguments {}

/// All tools, in a fixed order.
pub(super) fn all() -> Vec<Tool> {
    let looks = || ToolAnnotations::default().read_only(true).open_world(false);
    vec![
        tool::<ExecuteRequest>(
            "execute",
            "Have a coding agent do a task in a git worktree of `workspace` and answer with a short diagram. The work is \
             committed to a branch `jackfield/RUN_ID/…`; your checkout is not touched. Still running after wait_s: you \
             get a run_id; call `result` with it.",
            ToolAnnotations::default().read_only(false).destructive(false).open_world(true),
        ),
        tool::<ResultArguments>(
            "result",
            "Wait for a run and get its answer, again at another verbosity if you like.",
            looks(),
        ),
        tool::<CancelArguments>(
            "cancel",
            "End a run and every process that it started. Its work so far is kept on its branch.",
            ToolAnnotations::default().read_only(false).destructive(true).idempotent(true).open_world(false),
        ),
        tool::<QueryArguments>(
            "workflow_query",
            "Look up what happened: `summary` (recent runs), `state` (one run), `stats` (totals, by model), `chooser` (whom \
             it would pick for a request, without starting anything).",
            looks(),
        ),
        tool::<NoArguments>(
            "orchestrator_status",
            "How the host is doing: queue, slots of each executor, breaker, warnings.",
            looks(),
        ),
        tool::<NoArguments>(
            "auth_status",
            "Which agents are installed and logged in, and how to mend what is not.",
            looks(),
        ),
        tool::<BreakerArguments>(
            "breaker",
            "Money: what is spent, held and left; its history. `reset` and `raise` change it and need a reason: ask your \
             person first.",
            ToolAnnotations::default().read_only(false).destructive(false).open_world(false),
        ),
    ]
}

fn tool<T: JsonSchema>(name: &'static str, description: &'static str, annotations: ToolAnnotations) -> Tool {
    Tool::new(name, description, Arc::new(schema::<T>())).with_annotations(annotations)
}

/// The arguments' schema, without what only costs tokens or confuses clients.
fn schema<T: JsonSchema>() -> JsonObject {
    let generator =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true).into_generator();
    let mut value = generator.into_root_schema_for::<T>().to_value();
    lighten(&mut value);
    match value {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    }
}

fn lighten(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.remove("$schema");
            object.remove("title");
            let numeric = object.get("format").and_then(Value::as_str).is_some_and(|format| format != "uri");
            if numeric {
                object.remove("format");
            }
            if object.get("default") == Some(&Value::Null) {
                object.remove("default");
            }
            without_null(object);
            object.values_mut().for_each(lighten);
        }
        Value::Array(values) => values.iter_mut().for_each(lighten),
        _ => {}
    }
}

/// What may be left out need not be told that it may be null too: some models' dialects of schema
/// have no alternatives of type, and their clients drop such a field.
fn without_null(object: &mut JsonObject) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    let Some(Value::Array(choices)) = object.get_mut("anyOf") else { return };
    choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
    let only = match choices.as_mut_slice() {
        [Value::Object(only)] => std::mem::take(only),
        _ => return,
    };
    object.remove("anyOf");
    for (name, value) in only {
        // The field's own description says more than its type's.
        object.entry(name).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_says_what_it_does_and_what_it_touches() {
        for tool in all() {
            let described = tool.description.as_deref().unwrap_or_default();
            assert!((20..600).contains(&described.len()), "{}", tool.name);
            let annotations = tool.annotations.as_ref().unwrap();
            assert!(annotations.read_only_hint.is_some(), "{}", tool.name);
            assert_eq!(tool.input_schema["type"], "object", "{}", tool.name);
            let text = serde_json::to_string(&tool.input_schema).unwrap();
            for noise in ["$schema", "uint", "\"$ref\"", "\"title\"", "null"] {
                assert!(!text.contains(noise), "{} has {noise}: {text}", tool.name);
            }
        }
    }
}
