//! What codex sends, as types, and the conversation in it.
//!
//! codex sends its surroundings (folder, permissions, skills) as messages of the user, each in a tag of its
//! own or under a heading; none of them is a prompt. Tools of MCP servers come in namespaces, or only after
//! the model has searched for them.

use crate::conversation::{Conversation, Tool, stated_after};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Body {
    model: String,
    #[serde(default)]
    stream: bool,
    input: Input,
    #[serde(default)]
    tools: Vec<Offer>,
    #[serde(default)]
    text: Option<TextSettings>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Prompt(String),
    Items(Vec<Item>),
}

/// An item by what it carries: a message has a role and content, a tool's result an output, a search tools.
#[derive(Deserialize)]
struct Item {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    content: Option<Content>,
    #[serde(default)]
    output: Option<Content>,
    #[serde(default)]
    tools: Vec<Offer>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
    Other(Value),
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct Offer {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    parameters: Value,
    /// The members, when this is a namespace.
    #[serde(default)]
    tools: Vec<Offer>,
}

#[derive(Deserialize)]
struct TextSettings {
    #[serde(default)]
    format: Option<Format>,
}

#[derive(Deserialize)]
struct Format {
    #[serde(default)]
    schema: Option<Value>,
}

impl Content {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Parts(parts) => parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("\n"),
            Self::Other(value) => value.to_string(),
        }
    }
}

impl Offer {
    fn tools(&self, namespace: Option<&str>) -> Vec<Tool> {
        if self.kind == "namespace" {
            return self.tools.iter().flat_map(|member| member.tools(self.name.as_deref())).collect();
        }
        vec![Tool {
            name: self.name.clone().unwrap_or_else(|| self.kind.clone()),
            namespace: namespace.map(str::to_owned),
            parameters: self.parameters.clone(),
            freeform: self.kind == "custom",
        }]
    }
}

/// How codex begins what it writes by itself in the user's name.
const SURROUNDINGS: [&str; 10] = [
    "<environment_context",
    "<user_instructions",
    "<permissions",
    "<skills",
    "<apps",
    "<plugins",
    "<turn_aborted",
    "<collaboration_mode",
    "<INSTRUCTIONS",
    "# AGENTS.md",
];

fn is_surroundings(text: &str) -> bool {
    SURROUNDINGS.iter().any(|begin| text.trim_start().starts_with(begin))
}

/// Reads a request's body.
pub(super) fn read(body: &[u8]) -> Result<Conversation, serde_json::Error> {
    let body: Body = serde_json::from_slice(body)?;
    let mut conversation = Conversation {
        model: body.model,
        streamed: body.stream,
        schema: body.text.and_then(|text| text.format).and_then(|format| format.schema),
        tools: body.tools.iter().flat_map(|offer| offer.tools(None)).collect(),
        ..Conversation::default()
    };
    let items = match body.input {
        Input::Prompt(prompt) => {
            conversation.user(&prompt, Vec::new());
            Vec::new()
        }
        Input::Items(items) => items,
    };
    for item in &items {
        let kind = item.kind.as_deref().unwrap_or("message");
        let text = item.content.as_ref().map(Content::text).unwrap_or_default();
        conversation.folder = conversation.folder.take().or_else(|| stated_after(&text, "<cwd>"));
        if kind == "tool_search_output" {
            conversation.searched = true;
            conversation.tools.extend(item.tools.iter().flat_map(|offer| offer.tools(None)));
        } else if kind.ends_with("_output") {
            let result = item.output.as_ref().map(Content::text).unwrap_or_default();
            conversation.user("", vec![result]);
        } else if item.role.as_deref() == Some("user") && !is_surroundings(&text) {
            conversation.user(&text, Vec::new());
        }
    }
    Ok(conversation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(text: &str) -> Value {
        json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]})
    }

    fn reading(items: &[Value], tools: &Value) -> Conversation {
        let body = json!({"model": "m", "stream": true, "input": items, "tools": tools});
        read(body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn surroundings_are_no_prompt_and_a_prompt_in_tags_is_one() {
        let surroundings = message("<environment_context><cwd>/srv/w</cwd></environment_context>");
        let conversation = reading(&[surroundings, message("<goal>go</goal>")], &json!([]));
        assert_eq!(conversation.prompts, ["<goal>go</goal>"]);
        assert_eq!(conversation.folder.as_deref(), Some("/srv/w"));
    }

    #[test]
    fn a_tool_in_a_namespace_is_called_with_it_whether_it_was_on_offer_or_found() {
        let group = json!([{"type": "namespace", "name": "mcp__greeter", "tools": [
            {"type": "function", "name": "greet", "parameters": {}}]}]);
        let found = json!({"type": "tool_search_output", "call_id": "c", "tools": group});
        for conversation in [reading(&[], &group), reading(&[found], &json!([]))] {
            let tool = conversation.tool("greet").unwrap();
            assert_eq!(tool.namespace.as_deref(), Some("mcp__greeter"));
        }
    }

    #[test]
    fn results_are_counted_since_the_last_prompt() {
        let result = json!({"type": "function_call_output", "call_id": "c", "output": "hi"});
        let conversation = reading(&[message("a"), result.clone(), message("b"), result], &json!([]));
        assert_eq!((conversation.prompts.len(), conversation.results), (2, vec!["hi".to_owned()]));
    }
}
