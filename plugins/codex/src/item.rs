//! Items: what the agent says and does, as events.

use crate::driving::{ChangeKind, Event, FileChange, ToolCall, ToolResult};
use crate::line::{Change, Given, Item, Todo};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use jackfield_sdk::json::{RawValue, quote, read};
use jackfield_sdk::{clip, first_line};

/// As the interface asks of inputs and results.
const MOST: usize = 4096;
const SUMMARY: usize = 200;

/// Where an item is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Started,
    Updated,
    Completed,
}

/// The call that a tool item stands for; none for what is no tool.
pub(crate) fn call(item: &Item<'_>) -> Option<ToolCall> {
    let (name, summary, input) = match item.kind.text()? {
        "command_execution" => {
            let command = item.command.text_or_empty();
            ("shell".to_string(), command.to_string(), format!("{{\"command\":{}}}", quote(command)))
        }
        "file_change" => {
            let changes = changes(item);
            let paths: Vec<_> = changes.iter().map(|change| change.path.text_or_empty()).collect();
            ("file_change".to_string(), paths.join(", "), raw(item.changes))
        }
        "mcp_tool_call" => {
            let name = format!("{}.{}", item.server.text_or_empty(), item.tool.text_or_empty());
            let input = raw(item.arguments);
            (name, input.clone(), input)
        }
        "collab_tool_call" => {
            let prompt = item.prompt.text_or_empty();
            let name = item.tool.words().unwrap_or("collab_tool_call");
            (name.to_string(), prompt.to_string(), format!("{{\"prompt\":{}}}", quote(prompt)))
        }
        "web_search" => {
            let query = item.query.text_or_empty();
            ("web_search".to_string(), query.to_string(), format!("{{\"query\":{}}}", quote(query)))
        }
        _ => return None,
    };
    Some(ToolCall {
        id: item.id.text_or_empty().to_string(),
        name,
        summary: first_line(&summary, SUMMARY),
        input: clip(&input, MOST),
    })
}

/// How a tool item came out.
pub(crate) fn result(item: &Item<'_>) -> ToolResult {
    let error = item.error.0.as_ref().and_then(|error| error.message.words());
    let code = item.exit_code.count();
    let ok = error.is_none()
        && !matches!(item.status.text(), Some("failed" | "declined"))
        && (item.kind.text() != Some("command_execution") || code == Some(0));
    let summary = match (error, item.kind.text()) {
        (Some(error), _) => clip(error, MOST),
        (None, Some("command_execution")) => clip(item.aggregated_output.text_or_empty(), MOST),
        (None, Some("mcp_tool_call")) => clip(&given(item.result), MOST),
        _ => item.status.text_or_empty().to_string(),
    };
    ToolResult { id: item.id.text_or_empty().to_string(), ok, summary }
}

/// The files that a finished file change changed, relative to `worktree` where they lie in it.
pub(crate) fn changed(item: &Item<'_>, worktree: &str) -> Vec<Event> {
    if item.status.text() != Some("completed") {
        return Vec::new();
    }
    let event = |change: Change<'_>| {
        let path = change.path.words()?;
        let kind = match change.kind.text() {
            Some("add") => ChangeKind::Added,
            Some("delete") => ChangeKind::Deleted,
            _ => ChangeKind::Modified,
        };
        Some(Event::FileChange(FileChange { path: within(path, worktree).to_string(), kind }))
    };
    changes(item).into_iter().filter_map(event).collect()
}

/// The agent's list of things to do, as text.
pub(crate) fn todo(item: &Item<'_>) -> Option<String> {
    let items: Vec<Todo<'_>> = read(item.items?.get().as_bytes()).ok()?;
    let mut text = String::new();
    for item in &items {
        let mark = if item.completed.is_true() { "[x] " } else { "[ ] " };
        text.push_str(mark);
        text.push_str(item.text.text_or_empty());
        text.push('\n');
    }
    Some(text).filter(|text| !text.is_empty())
}

fn changes<'a>(item: &Item<'a>) -> Vec<Change<'a>> {
    item.changes.and_then(|changes| read(changes.get().as_bytes()).ok()).unwrap_or_default()
}

fn given(result: Option<&RawValue>) -> String {
    let given: Option<Given<'_>> = result.and_then(|result| read(result.get().as_bytes()).ok());
    let texts: Vec<_> =
        given.iter().flat_map(|given| &given.content).map(|content| content.text.text_or_empty()).collect();
    texts.join("\n")
}

fn raw(value: Option<&RawValue>) -> String {
    value.map_or("null", RawValue::get).to_string()
}

fn within<'a>(path: &'a str, worktree: &str) -> &'a str {
    path.strip_prefix(worktree)
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|rest| !rest.is_empty())
        .unwrap_or(path)
}
