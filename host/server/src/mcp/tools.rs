//! The tools as clients see them: short descriptions, the important words first.

use super::schema::{actions, bare, schema};
use super::{admin, output};
use jackfield_api::{
    CloseRequest, ExecuteRequest, HumanAnswer, HumanTaskEdit, HumanTaskRequest, HumanTasksFilter,
    InitRequest, SpecRequest, WriteRequest,
};
use jackfield_config::Toolset;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde::Deserialize;
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

/// Which run to make again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RetryArguments {
    /// A run that has ended.
    pub(super) run_id: String,
    /// Kept with the run.
    #[serde(default)]
    pub(super) reason: Option<String>,
    /// The same key never retries twice.
    #[serde(default)]
    pub(super) idempotency_key: Option<String>,
}

/// What to look up.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Question {
    /// Recent runs, and what waits for a person.
    Summary,
    /// One task or run in full.
    State,
    /// Totals, and figures by executor and model.
    Stats,
    /// Several agents' work on one task, compared.
    Consensus,
    /// Whom the chooser would pick for `request`; nothing is started.
    Chooser,
}

/// A look at what happened.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QueryArguments {
    pub(super) query: Question,
    /// For `state` and `consensus`; or task_id.
    #[serde(default)]
    pub(super) run_id: Option<String>,
    #[serde(default)]
    pub(super) task_id: Option<String>,
    /// For `summary`: how many, default 10.
    #[serde(default)]
    pub(super) limit: Option<u32>,
    /// For `chooser`: the arguments of `execute`.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub(super) request: Option<ExecuteRequest>,
}

/// Nothing is needed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoArguments {}

/// All tools with their toolsets, in a fixed order, each with the schema of its answer.
pub(super) fn all() -> Vec<(Toolset, Tool)> {
    let core = core().into_iter().map(|tool| (Toolset::Core, tool));
    let all = core.chain(admin::tools().into_iter().map(|tool| (Toolset::Admin, tool)));
    let described = |(toolset, tool): (Toolset, Tool)| {
        let answer = Arc::new(output::schema(&tool.name));
        (toolset, tool.with_raw_output_schema(answer))
    };
    all.map(described).collect()
}

/// Of a tool that changes nothing.
fn looks() -> ToolAnnotations {
    ToolAnnotations::default().read_only(true).open_world(false)
}

/// Having work done, and looking at it.
fn core() -> Vec<Tool> {
    vec![
        Tool::new(
            "execute",
            "Have a coding agent do a task in a git worktree of `workspace` and answer with a short diagram. The work is \
             committed to a branch `jackfield/RUN_ID/…`; your checkout is not touched. Still running after wait_s: you \
             get a run_id; call `result` with it.",
            Arc::new(with_on_close(schema::<ExecuteRequest>(), true)),
        )
        .with_annotations(ToolAnnotations::default().read_only(false).destructive(false).open_world(true)),
        Tool::new(
            "dispatch",
            "Start a task in the background and get its run_id at once; `result` waits for it. Fields as in `execute`: \
             prompt is the instruction, cwd or workspace says where, name is for lists.",
            Arc::new(dispatch_schema()),
        )
        .with_annotations(ToolAnnotations::default().read_only(false).destructive(false).open_world(true)),
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
        tool::<RetryArguments>(
            "retry",
            "Run the task of a run that has ended again. Returns the new run_id at once.",
            ToolAnnotations::default().read_only(false).destructive(false).open_world(true),
        ),
        tool::<QueryArguments>(
            "workflow_query",
            "Look up what happened: `summary` (recent runs), `state` (one task or run), `stats` (totals, by model), \
             `chooser` (whom it would pick for a request, without starting anything), `consensus` (several agents' \
             work compared).",
            looks(),
        ),
        Tool::new(
            "workflow",
            "Keep track of work that you do yourself: `init` makes a task without a run, `spec` writes down what it is to \
             be (without fields: reads it), `write` logs an attempt that you made and what it cost, `close` ends it.",
            Arc::new(workflow_schema()),
        )
        .with_annotations(ToolAnnotations::default().read_only(false).destructive(false).open_world(false)),
        Tool::new(
            "task",
            "To-dos for a person, not for an agent: create, read, update, delete, list. Runs that wait for a person are \
             listed too, as handoff; `answer` passes on what your person says to one.",
            Arc::new(task_schema()),
        )
        .with_annotations(ToolAnnotations::default().read_only(false).destructive(true).open_world(false)),
        Tool::new(
            "consensus",
            "Have several agents do the same task side by side, each in its own worktree, and compare what they did: a \
             winner or none, and why. Costs as much as all of them. `executors` names them; without it the two best \
             are asked. Fields as in `execute`.",
            Arc::new(consensus_schema()),
        )
        .with_annotations(ToolAnnotations::default().read_only(false).destructive(false).open_world(true)),
        tool::<NoArguments>(
            "orchestrator_status",
            "How the host is doing: queue, slots of each executor, breaker, warnings.",
            looks(),
        ),
        tool::<NoArguments>(
            "auth_status",
            "Show which agents are installed and logged in, and how to fix problems.",
            looks(),
        ),
    ]
}

/// The schema, with what only this door takes.
fn with_on_close(mut schema: JsonObject, described: bool) -> JsonObject {
    let mut field = serde_json::json!({ "type": "string", "enum": ["keep", "cancel"] });
    if described && let Some(field) = field.as_object_mut() {
        let said = "The run, if you close the connection; default: as configured.";
        field.insert("description".to_owned(), said.into());
    }
    if let Some(fields) = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
        fields.insert("on_close".to_owned(), field);
    }
    schema
}

/// Fields of `execute` that are taken everywhere and told only there.
const UNUSUAL: [&str; 9] =
    ["stack", "keywords", "language", "role", "effort", "access", "prompt_syntax", "verbosity", "complexity"];

/// As `execute`, by the names that a dispatcher has for the same; without what is about waiting.
fn dispatch_schema() -> JsonObject {
    let mut schema = bare(schema::<ExecuteRequest>());
    if let Some(fields) = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
        fields.retain(|name, _| !UNUSUAL.contains(&name.as_str()));
        for (from, to) in [("instruction", "prompt"), ("title", "name"), ("workspace", "cwd"), ("wait_s", "")]
        {
            if let Some(field) = fields.remove(from).filter(|_| !to.is_empty()) {
                fields.insert(to.to_owned(), field);
            }
        }
        fields.insert("workspace".to_owned(), serde_json::json!({ "type": "string" }));
    }
    schema.insert("required".to_owned(), serde_json::json!(["prompt"]));
    schema
}

/// The fields of `execute` that matter here; the host knows the rest too.
fn consensus_schema() -> JsonObject {
    let mut schema = bare(schema::<ExecuteRequest>());
    let kept = ["instruction", "workspace", "checks", "gates", "max_cost_usd", "wait_s"];
    if let Some(fields) = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
        fields.retain(|name, _| kept.contains(&name.as_str()));
        let names = serde_json::json!({ "type": "array", "items": { "type": "string" } });
        fields.insert("executors".to_owned(), names);
    }
    with_on_close(schema, false)
}

fn workflow_schema() -> JsonObject {
    let usual = |mut schema: JsonObject| {
        if let Some(fields) = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
            fields.retain(|name, _| !UNUSUAL.contains(&name.as_str()));
            if let Some(class) = fields.get_mut("failure_class") {
                *class = serde_json::json!({ "type": "string", "description": "Why it failed: test_fail, timeout, …" });
            }
        }
        schema
    };
    actions(
        ("task_id", "For all but init."),
        vec![
            ("init", usual(schema::<InitRequest>())),
            ("spec", schema::<SpecRequest>()),
            ("write", usual(schema::<WriteRequest>())),
            ("close", schema::<CloseRequest>()),
        ],
    )
}

/// A person's answer, whose `action` has another name where `action` is the tool's.
fn answer_schema() -> JsonObject {
    let mut schema = schema::<HumanAnswer>();
    if let Some(fields) = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut)
        && let Some(action) = fields.remove("action")
    {
        fields.insert(super::workflow::ANSWER.to_owned(), action);
    }
    if let Some(serde_json::Value::Array(required)) = schema.get_mut("required") {
        let named = required.iter_mut().filter(|name| *name == "action");
        named.for_each(|name| *name = super::workflow::ANSWER.into());
    }
    schema
}

fn task_schema() -> JsonObject {
    actions(
        ("id", "For read, update, delete and answer."),
        vec![
            ("create", schema::<HumanTaskRequest>()),
            ("read", JsonObject::new()),
            ("update", schema::<HumanTaskEdit>()),
            ("delete", JsonObject::new()),
            ("list", schema::<HumanTasksFilter>()),
            ("answer", answer_schema()),
        ],
    )
}

pub(super) fn tool<T: JsonSchema>(
    name: &'static str,
    description: &'static str,
    annotations: ToolAnnotations,
) -> Tool {
    Tool::new(name, description, Arc::new(schema::<T>())).with_annotations(annotations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_says_what_it_does_and_what_it_touches() {
        for (_, tool) in all() {
            let described = tool.description.as_deref().unwrap_or_default();
            assert!((20..600).contains(&described.len()), "{}", tool.name);
            let hints = tool.annotations.as_ref().unwrap();
            assert!(hints.open_world_hint.is_some(), "{}", tool.name);
            // What only looks destroys nothing; of everything else it must be said.
            let looks = hints.read_only_hint.unwrap();
            assert!(looks || hints.destructive_hint.is_some(), "{}", tool.name);
            assert_eq!(tool.input_schema["type"], "object", "{}", tool.name);
            let text = serde_json::to_string(&tool.input_schema).unwrap();
            for noise in ["$schema", "uint", "\"$ref\"", "\"title\":\"", "null"] {
                assert!(!text.contains(noise), "{} has {noise}: {text}", tool.name);
            }
            assert_eq!(tool.output_schema.unwrap()["required"][0], "answer", "{}", tool.name);
        }
    }

    #[test]
    fn the_tools_of_a_toolset_cost_a_client_few_tokens() {
        let tokens = |text: &str| tiktoken_rs::o200k_base_singleton().encode_ordinary(text).len();
        for (toolset, most) in [(Toolset::Core, 4_000), (Toolset::Admin, 1_000)] {
            let listed: Vec<_> =
                all().into_iter().filter(|(of, _)| *of == toolset).map(|(_, tool)| tool).collect();
            let each: Vec<_> = listed
                .iter()
                .map(|tool| (tool.name.clone(), tokens(&serde_json::to_string(tool).unwrap())))
                .collect();
            let all = tokens(&serde_json::to_string(&listed).unwrap());
            assert!(all < most, "{toolset:?} has {all} tokens: {each:?}");
        }
    }

    #[test]
    fn a_field_of_several_actions_says_which() {
        let schema = workflow_schema();
        let said = |field: &str| schema["properties"][field]["description"].as_str().unwrap().to_owned();
        assert!(said("instruction").starts_with("init, spec: "), "{}", said("instruction"));
        assert!(said("latency_ms").starts_with("write: "));
        let dispatch = dispatch_schema();
        let fields = dispatch["properties"].as_object().unwrap();
        assert!(["prompt", "name", "cwd", "workspace"].iter().all(|name| fields.contains_key(*name)));
        assert!(!["instruction", "title", "wait_s"].iter().any(|name| fields.contains_key(*name)));
    }
}
