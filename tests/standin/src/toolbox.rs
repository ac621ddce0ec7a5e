//! The programs' own tools, found among those on offer: one act, a different tool in each program.
//!
//! claude offers `Write`, `Edit`, `Bash`; gemini `write_file`, `replace`, `run_shell_command`; codex
//! `apply_patch` and one of several shells. Where no file tool is on offer, the shell does it.

use crate::{
    EDITED_TEXT, WRITTEN_FILE, WRITTEN_TEXT,
    conversation::{Conversation, Tool},
    schema::fitting,
};
use serde_json::{Value, json};

/// A tool call that a model makes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Call {
    /// A function with JSON arguments.
    Function { name: String, namespace: Option<String>, arguments: Value },
    /// A tool that takes plain text.
    Freeform { name: String, input: String },
    /// Codex keeps MCP tools back until the model searches for them.
    Search { query: String },
}

impl Call {
    fn function(name: &str, arguments: Value) -> Self {
        Self::Function { name: name.to_owned(), namespace: None, arguments }
    }
}

/// Makes the file.
pub(crate) fn write(conversation: &Conversation) -> Option<Call> {
    let file = file_in(conversation);
    if conversation.tool("Write").is_some() {
        return Some(Call::function("Write", json!({"file_path": file, "content": WRITTEN_TEXT})));
    }
    if conversation.tool("write_file").is_some() {
        return Some(Call::function("write_file", json!({"file_path": file, "content": WRITTEN_TEXT})));
    }
    let patch = format!("*** Begin Patch\n*** Add File: {WRITTEN_FILE}\n+{WRITTEN_TEXT}*** End Patch\n");
    apply_patch(conversation, patch)
        .or_else(|| shell(conversation, &format!("printf '%s' '{WRITTEN_TEXT}' > {WRITTEN_FILE}")))
}

/// Changes the file that [`write`] made.
pub(crate) fn edit(conversation: &Conversation) -> Option<Call> {
    let file = file_in(conversation);
    let (old, new) = (WRITTEN_TEXT.trim_end(), EDITED_TEXT.trim_end());
    if conversation.tool("Edit").is_some() {
        let arguments = json!({"file_path": file, "old_string": old, "new_string": new});
        return Some(Call::function("Edit", arguments));
    }
    if conversation.tool("replace").is_some() {
        let arguments =
            json!({"file_path": file, "instruction": "say goodbye", "old_string": old, "new_string": new});
        return Some(Call::function("replace", arguments));
    }
    let patch = format!(
        "*** Begin Patch\n*** Update File: {WRITTEN_FILE}\n@@\n-{WRITTEN_TEXT}+{EDITED_TEXT}*** End Patch\n"
    );
    apply_patch(conversation, patch)
        .or_else(|| shell(conversation, &format!("printf '%s' '{EDITED_TEXT}' > {WRITTEN_FILE}")))
}

/// Runs a command.
pub(crate) fn shell(conversation: &Conversation, command: &str) -> Option<Call> {
    let described = || json!({"command": command, "description": "Run what the scenario says"});
    let in_bash = || json!({"command": ["bash", "-lc", command]});
    let known: [(&str, &dyn Fn() -> Value); 5] = [
        ("Bash", &described),
        ("run_shell_command", &described),
        ("exec_command", &|| json!({"cmd": command})),
        ("shell_command", &|| json!({"command": command})),
        ("shell", &in_bash),
    ];
    known
        .iter()
        .find(|(name, _)| conversation.tool(name).is_some())
        .map(|(name, arguments)| Call::function(name, arguments()))
}

/// Calls an MCP tool, or first looks for it where tools are kept back. Nothing when none can be had.
pub(crate) fn mcp(
    conversation: &Conversation,
    wanted: Option<&str>,
    given: &[(String, String)],
) -> Option<Call> {
    let is_it = |tool: &&Tool| match wanted {
        Some(name) => tool.name == name || tool.name.ends_with(&format!("_{name}")),
        None => tool.name.starts_with("mcp_") || tool.namespace.as_deref().is_some_and(is_mcp),
    };
    let Some(tool) = conversation.tools.iter().find(is_it) else {
        let can_search = !conversation.searched && conversation.tool("tool_search").is_some();
        return can_search.then(|| Call::Search { query: wanted.unwrap_or("mcp").to_owned() });
    };
    let mut arguments = fitting(&tool.parameters);
    for (name, value) in given {
        // JSON as the tool wants it; a quoted string would reach it with its quotes, so it stays as given.
        let parsed = serde_json::from_str(value).ok().filter(|parsed: &Value| !parsed.is_string());
        if let Some(fields) = arguments.as_object_mut() {
            fields.insert(name.clone(), parsed.unwrap_or_else(|| json!(value)));
        }
    }
    Some(Call::Function { name: tool.name.clone(), namespace: tool.namespace.clone(), arguments })
}

fn is_mcp(namespace: &str) -> bool {
    namespace.starts_with("mcp_")
}

fn apply_patch(conversation: &Conversation, patch: String) -> Option<Call> {
    let tool = conversation.tool("apply_patch")?;
    Some(if tool.freeform {
        Call::Freeform { name: tool.name.clone(), input: patch }
    } else {
        Call::function(&tool.name, json!({"input": patch}))
    })
}

fn file_in(conversation: &Conversation) -> String {
    match &conversation.folder {
        Some(folder) => format!("{}/{WRITTEN_FILE}", folder.trim_end_matches('/')),
        None => WRITTEN_FILE.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offering(names: &[&str]) -> Conversation {
        let tools = names.iter().map(|&name| Tool { name: name.to_owned(), ..Tool::default() }).collect();
        Conversation { tools, folder: Some("/srv/w/".into()), ..Conversation::default() }
    }

    #[test]
    fn each_program_writes_with_its_own_tool_and_with_its_shell_when_it_has_none() {
        let name = |offered: &[&str]| match write(&offering(offered)) {
            Some(Call::Function { name, .. } | Call::Freeform { name, .. }) => name,
            other => panic!("no call: {other:?}"),
        };
        assert_eq!(name(&["Bash", "Write"]), "Write");
        assert_eq!(name(&["run_shell_command", "write_file"]), "write_file");
        assert_eq!(name(&["exec_command", "apply_patch"]), "apply_patch");
        assert_eq!(name(&["exec_command"]), "exec_command");
        assert_eq!(write(&offering(&[])), None);
    }

    #[test]
    fn an_mcp_tool_is_found_behind_its_prefix_and_given_arguments_win() {
        let mut conversation = offering(&["Bash", "mcp__jackfield__execute"]);
        conversation.tools[1].parameters = json!({"type": "object", "required": ["instruction"],
            "properties": {"instruction": {"type": "string"}, "depth": {"type": "integer"}}});
        let given = [("depth".to_owned(), "2".to_owned())];
        let Some(Call::Function { name, arguments, .. }) = mcp(&conversation, Some("execute"), &given) else {
            panic!("not called");
        };
        assert_eq!(name, "mcp__jackfield__execute");
        assert_eq!(arguments, json!({"instruction": "stand-in", "depth": 2}));
        assert_eq!(mcp(&conversation, Some("absent"), &[]), None);
    }

    #[test]
    fn tools_that_are_kept_back_are_searched_for_once() {
        let mut conversation = offering(&["tool_search"]);
        assert_eq!(mcp(&conversation, Some("execute"), &[]), Some(Call::Search { query: "execute".into() }));
        conversation.searched = true;
        assert_eq!(mcp(&conversation, Some("execute"), &[]), None);
    }
}
