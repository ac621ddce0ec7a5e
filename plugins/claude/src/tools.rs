//! The agent's tools, for the person who watches and for the list of changed files.

use crate::driving::FileChange;
use crate::types::ChangeKind;
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use jackfield_sdk::first_line;
use jackfield_sdk::json::{self, RawValue, Scalar};
use serde::Deserialize;

const SUMMARY_BYTES: usize = 300;

/// What of a tool's input says what it is about. The tools use few names for few things.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Input<'a> {
    #[serde(borrow)]
    command: Scalar<'a>,
    file_path: Scalar<'a>,
    notebook_path: Scalar<'a>,
    pattern: Scalar<'a>,
    query: Scalar<'a>,
    url: Scalar<'a>,
    path: Scalar<'a>,
    description: Scalar<'a>,
    skill: Scalar<'a>,
    prompt: Scalar<'a>,
    name: Scalar<'a>,
}

/// One line about a call: the command, the path, the query; the tool's own name where nothing says more.
pub(crate) fn summary(name: &str, input: &RawValue, worktree: &str) -> String {
    let input: Input<'_> = json::read(input.get().as_bytes()).unwrap_or_default();
    let about = [
        &input.command,
        &input.file_path,
        &input.notebook_path,
        &input.pattern,
        &input.query,
        &input.url,
        &input.path,
        &input.description,
        &input.skill,
        &input.prompt,
        &input.name,
    ];
    let about = about.into_iter().find_map(Scalar::words).unwrap_or(name);
    first_line(within(about, worktree), SUMMARY_BYTES)
}

/// Calls that will change a file, from the call until its result.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    paths: BTreeMap<String, String>,
}

impl Edits {
    /// Remembers the call if it is one that changes a file.
    pub(crate) fn called(&mut self, id: &str, name: &str, input: &RawValue) {
        if !matches!(name, "Write" | "Edit" | "MultiEdit" | "NotebookEdit") {
            return;
        }
        let input: Input<'_> = json::read(input.get().as_bytes()).unwrap_or_default();
        if let Some(path) = input.file_path.words().or_else(|| input.notebook_path.words()) {
            self.paths.insert(id.to_owned(), path.to_owned());
        }
    }

    /// The change, if `id` was such a call and it went well. `kind` is what its result says it did.
    pub(crate) fn returned(
        &mut self,
        id: &str,
        ok: bool,
        kind: Option<&str>,
        worktree: &str,
    ) -> Option<FileChange> {
        let path = self.paths.remove(id).filter(|_| ok)?;
        let kind = if kind == Some("create") { ChangeKind::Added } else { ChangeKind::Modified };
        Some(FileChange { path: within(&path, worktree).to_owned(), kind })
    }
}

/// `path` as seen from the worktree, where it is in it.
fn within<'a>(path: &'a str, worktree: &str) -> &'a str {
    let worktree = worktree.trim_end_matches('/');
    match path.strip_prefix(worktree).and_then(|rest| rest.strip_prefix('/')) {
        Some(inside) if !worktree.is_empty() && !inside.is_empty() => inside,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> &RawValue {
        json::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_call_is_told_by_what_it_is_about() {
        for (input, about) in [
            (r#"{"command":"cargo test\n  --all","description":"Run the tests"}"#, "cargo test"),
            (r#"{"content":"x","file_path":"/w/a.rs"}"#, "/w/a.rs"),
            (r#"{"file_path":"/tree/src/a.rs"}"#, "src/a.rs"),
            (r#"{"pattern":"fn main","path":"src"}"#, "fn main"),
            (r#"{"description":"Say hello","prompt":"You are"}"#, "Say hello"),
            (r#"{"value":3}"#, "mcp__orc__store"),
            ("[]", "mcp__orc__store"),
        ] {
            assert_eq!(summary("mcp__orc__store", raw(input), "/tree"), about);
        }
    }

    #[test]
    fn paths_are_told_from_the_worktree_and_never_cut_in_a_name() {
        assert_eq!(within("/w/tree/src/a.rs", "/w/tree"), "src/a.rs");
        assert_eq!(within("/w/tree/src/a.rs", "/w/tree/"), "src/a.rs");
        assert_eq!(within("/w/tree-2/a.rs", "/w/tree"), "/w/tree-2/a.rs");
        assert_eq!(within("a.rs", "/w/tree"), "a.rs");
        assert_eq!(within("/a.rs", ""), "/a.rs");
    }

    #[test]
    fn a_change_is_told_once_and_only_where_it_went_well() {
        let mut edits = Edits::default();
        let input = raw(r#"{"file_path":"/w/a.rs"}"#);
        edits.called("1", "Write", input);
        edits.called("2", "Edit", input);
        edits.called("3", "Read", input);
        let change = edits.returned("1", true, Some("create"), "/w").unwrap();
        assert_eq!((change.path.as_str(), change.kind), ("a.rs", ChangeKind::Added));
        assert_eq!(edits.returned("1", true, Some("create"), "/w"), None);
        assert_eq!(edits.returned("2", false, None, "/w"), None);
        assert_eq!(edits.returned("3", true, None, "/w"), None);
    }
}
