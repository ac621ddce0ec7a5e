//! The tools as clients see them: short descriptions, the important words first.

use super::arguments::{CancelArguments, NoArguments, QueryArguments, ResultArguments, RetryArguments};
use super::schema::{schema, tool};
use super::tool_schemas::{consensus_schema, dispatch_schema, task_schema, with_on_close, workflow_schema};
use super::{admin, board, output};
use jackfield_api::ExecuteRequest;
use jackfield_config::Toolset;
use rmcp::model::{Tool, ToolAnnotations};
use std::sync::Arc;

/// All tools with their toolsets, in a fixed order, each with the schema of its answer.
pub(super) fn all() -> Vec<(Toolset, Tool)> {
    let core = core().into_iter().map(|tool| (Toolset::Core, tool));
    let board = board::tools().into_iter().map(|tool| (Toolset::Board, tool));
    let all = core.chain(board).chain(admin::tools().into_iter().map(|tool| (Toolset::Admin, tool)));
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
            "Have a coding agent do a task in a git worktree of `workspace` and answer with a short diagram. The work is on \
             a branch `jackfield/RUN_ID/…`; your checkout is not touched. Still running after wait_s: call `result`.",
            Arc::new(with_on_close(schema::<ExecuteRequest>(), true)),
        )
        .with_annotations(ToolAnnotations::default().read_only(false).destructive(false).open_world(true)),
        Tool::new(
            "dispatch",
            "Start a task in the background; `result` waits for its run_id. Fields as in `execute`: \
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
             `chooser` (whom it would pick), `consensus` (several agents' \
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_a_description_and_annotations() {
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
    fn listing_of_a_toolset_is_below_its_token_limit() {
        let tokens = |text: &str| tiktoken_rs::o200k_base_singleton().encode_ordinary(text).len();
        for (toolset, most) in [(Toolset::Core, 4_000), (Toolset::Board, 3_000), (Toolset::Admin, 1_000)] {
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
}
