//! Tools: what gemini's calls tell, and which files they change.
//!
//! Gemini has no event for a changed file; it is inferred from its two tools that write, once they
//! have succeeded. What the shell does to files shows in the worktree only.

use crate::driving::{ChangeKind, FileChange, ToolCall, ToolResult};
use crate::line::{Line, Parameters};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use jackfield_sdk::json::{RawValue, read};
use jackfield_sdk::{clip, first_line};

/// As the interface asks of inputs and results.
const MOST: usize = 4096;
const SUMMARY: usize = 200;

#[derive(Debug, Default)]
pub(crate) struct Tools {
    /// Calls that have not come back, and what they will have written.
    open: Vec<Open>,
    /// Files that were written in this run.
    written: Vec<String>,
    pub(crate) denied: Vec<String>,
}

#[derive(Debug)]
struct Open {
    id: String,
    name: String,
    writes: Option<String>,
}

impl Tools {
    pub(crate) fn call(&mut self, line: &Line<'_>) -> ToolCall {
        let (id, name) = (line.tool_id.text_or_empty(), line.tool_name.text_or_empty());
        let given = line.parameters.map_or("null", RawValue::get);
        let parameters: Parameters<'_> = read(given.as_bytes()).unwrap_or_default();
        let writes = matches!(name, "write_file" | "replace").then(|| parameters.file_path.words());
        self.open.push(Open {
            id: id.to_string(),
            name: name.to_string(),
            writes: writes.flatten().map(ToString::to_string),
        });
        ToolCall {
            id: id.to_string(),
            name: name.to_string(),
            summary: first_line(summary(&parameters).unwrap_or(given), SUMMARY),
            input: clip(given, MOST),
        }
    }

    pub(crate) fn result(&mut self, line: &Line<'_>, worktree: &str) -> (ToolResult, Option<FileChange>) {
        let id = line.tool_id.text_or_empty();
        let ok = line.status.text() == Some("success");
        let reason = line.error.0.as_ref();
        let error = reason.and_then(|reason| reason.message.words());
        let result = ToolResult {
            id: id.to_string(),
            ok,
            summary: clip(error.unwrap_or(line.output.text_or_empty()), MOST),
        };
        let open = self.open.iter().position(|open| open.id == id).map(|at| self.open.remove(at));
        let Some(open) = open else { return (result, None) };
        let refused = reason.and_then(|reason| reason.kind.text()) == Some("policy_violation")
            || error.is_some_and(|error| error.to_lowercase().contains("denied by policy"));
        if refused && !self.denied.contains(&open.name) {
            self.denied.push(open.name.clone());
        }
        let change = open.writes.filter(|_| ok).map(|path| self.changed(&path, &open.name, worktree));
        (result, change)
    }

    /// Gemini does not tell a new file from one that was there; the first write counts as new.
    fn changed(&mut self, path: &str, tool: &str, worktree: &str) -> FileChange {
        let known = self.written.iter().any(|written| written == path);
        if !known {
            self.written.push(path.to_string());
        }
        let kind = if known || tool == "replace" { ChangeKind::Modified } else { ChangeKind::Added };
        FileChange { path: within(path, worktree).to_string(), kind }
    }
}

fn summary<'a>(parameters: &'a Parameters<'_>) -> Option<&'a str> {
    let fields = [
        &parameters.command,
        &parameters.file_path,
        &parameters.pattern,
        &parameters.query,
        &parameters.dir_path,
        &parameters.path,
        &parameters.prompt,
    ];
    fields.into_iter().find_map(|field| field.words())
}

fn within<'a>(path: &'a str, worktree: &str) -> &'a str {
    path.strip_prefix(worktree)
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|rest| !rest.is_empty())
        .unwrap_or(path)
}
