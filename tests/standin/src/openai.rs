//! OpenAI Responses, as codex uses it: always streamed, texts taken from the finished items.
//!
//! codex sends its surroundings (folder, permissions, skills) as messages of the user, each in a tag of its
//! own or under a heading; none of them is a prompt. Tools of MCP servers come in namespaces, or only after
//! the model has searched for them.

use crate::{
    conversation::{Conversation, Tool, stated_after},
    playback::Events,
    protocol::{Envelope, PathFacts, Protocol, Refusal, with},
    scenario::Fault,
    script::{Block, Ending, Reply},
    toolbox::Call,
    usage::openai as usage,
};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) struct OpenAi;

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

/// Whether the program wrote this by itself, in the user's name.
fn is_surroundings(text: &str) -> bool {
    let text = text.trim_start();
    let tagged = text.strip_prefix('<').and_then(|rest| rest.split_once('>')).is_some_and(|(tag, rest)| {
        !tag.is_empty() && !tag.contains(char::is_whitespace) && rest.contains(&format!("</{tag}>"))
    });
    tagged || text.starts_with("# AGENTS.md")
}

impl Protocol for OpenAi {
    fn read(&self, body: &[u8], _: &PathFacts) -> Result<Conversation, serde_json::Error> {
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

    fn whole(&self, reply: &Reply, envelope: &Envelope) -> Value {
        let blocks = reply.blocks.iter().enumerate();
        let items: Vec<Value> = blocks.map(|(at, block)| item(block, reply.ending, envelope, at)).collect();
        let response = with(response(envelope, "completed"), json!({"output": items, "usage": used()}));
        if reply.ending == Ending::OutOfTokens {
            let why = json!({"reason": "max_output_tokens"});
            return with(response, json!({"status": "incomplete", "incomplete_details": why}));
        }
        response
    }

    fn stream(&self, reply: &Reply, envelope: &Envelope) -> Events {
        let mut sequence = 0_u64;
        let mut event = |name: &str, data: Value| {
            let data = with(data, json!({"type": name, "sequence_number": sequence}));
            sequence += 1;
            format!("event: {name}\ndata: {data}\n\n")
        };
        let begun = json!({"response": response(envelope, "in_progress")});
        let mut events = Events {
            opening: vec![event("response.created", begun.clone()), event("response.in_progress", begun)],
            ..Events::default()
        };
        let delta = match reply.ending {
            Ending::Declined => "response.refusal.delta",
            _ => "response.output_text.delta",
        };
        for (at, block) in reply.blocks.iter().enumerate() {
            let done = item(block, reply.ending, envelope, at);
            let (empty, texts) = match block {
                Block::Text(pieces) => (json!({"status": "in_progress", "content": []}), pieces.as_slice()),
                Block::Call(_) => (json!({"status": "in_progress"}), [].as_slice()),
            };
            let added = json!({"output_index": at, "item": with(done.clone(), empty)});
            events.pieces.push(event("response.output_item.added", added));
            for text in texts {
                let whose = envelope.id("item", at);
                let said = json!({"item_id": whose, "output_index": at, "content_index": 0, "delta": text});
                events.pieces.push(event(delta, said));
            }
            events.pieces.push(event("response.output_item.done", json!({"output_index": at, "item": done})));
        }
        let last = match reply.ending {
            Ending::OutOfTokens => "response.incomplete",
            _ => "response.completed",
        };
        events.closing = vec![event(last, json!({"response": self.whole(reply, envelope)}))];
        events
    }

    fn refuse(&self, fault: Fault, model: &str, retry_after: u64) -> Refusal {
        let (status, code, kind, message) = match fault {
            Fault::Unauthorized => {
                (401, "invalid_api_key", "invalid_request_error", "Incorrect API key provided.".to_owned())
            }
            Fault::Forbidden => (
                403,
                "unsupported_country_region_territory",
                "request_forbidden",
                "Country, region, or territory not supported".to_owned(),
            ),
            Fault::RateLimited => (
                429,
                "rate_limit_exceeded",
                "requests",
                format!("Rate limit reached for {model}. Please try again in {retry_after}s."),
            ),
            Fault::Overloaded => (
                503,
                "server_is_overloaded",
                "service_unavailable_error",
                "Our servers are currently overloaded. Please try again later.".to_owned(),
            ),
            Fault::Internal => (
                500,
                "server_error",
                "server_error",
                "The server had an error while processing your request.".to_owned(),
            ),
            Fault::ContextFull => (
                400,
                "context_length_exceeded",
                "invalid_request_error",
                "Your input exceeds the context window of this model.".to_owned(),
            ),
            Fault::UnknownModel => (
                404,
                "model_not_found",
                "invalid_request_error",
                format!("The model `{model}` does not exist or you do not have access to it."),
            ),
            Fault::OutOfCredit => (
                429,
                "insufficient_quota",
                "insufficient_quota",
                "You exceeded your current quota, please check your plan and billing details.".to_owned(),
            ),
        };
        let error = json!({"message": message, "type": kind, "param": null, "code": code});
        Refusal { status, body: json!({"error": error}) }
    }

    fn keepalive(&self) -> Option<&'static str> {
        Some(": keep-alive\n\n")
    }
}

fn response(envelope: &Envelope, status: &str) -> Value {
    json!({"id": envelope.id("resp", 0), "object": "response", "created_at": 0, "status": status, "error": null,
        "incomplete_details": null, "model": envelope.model, "output": [], "usage": null, "metadata": {}})
}

fn item(block: &Block, ending: Ending, envelope: &Envelope, at: usize) -> Value {
    let (id, call_id) = (envelope.id("item", at), envelope.id("call", at));
    match block {
        Block::Text(pieces) => {
            let part = match ending {
                Ending::Declined => json!({"type": "refusal", "refusal": pieces.concat()}),
                _ => json!({"type": "output_text", "text": pieces.concat(), "annotations": []}),
            };
            json!({"id": id, "type": "message", "status": "completed", "role": "assistant", "content": [part]})
        }
        Block::Call(Call::Function { name, namespace, arguments }) => {
            let call = json!({"id": id, "type": "function_call", "status": "completed", "call_id": call_id,
                "name": name, "arguments": arguments.to_string()});
            with(call, namespace.as_ref().map_or(json!({}), |group| json!({"namespace": group})))
        }
        Block::Call(Call::Freeform { name, input }) => json!({"id": id, "type": "custom_tool_call",
            "status": "completed", "call_id": call_id, "name": name, "input": input}),
        Block::Call(Call::Search { query }) => {
            json!({"id": id, "type": "tool_search_call", "status": "completed",
            "call_id": call_id, "execution": "client", "arguments": {"query": query, "limit": 8}})
        }
    }
}

fn used() -> Value {
    json!({"input_tokens": usage::INPUT, "input_tokens_details": {"cached_tokens": usage::CACHED},
        "output_tokens": usage::OUTPUT, "output_tokens_details": {"reasoning_tokens": usage::REASONING},
        "total_tokens": usage::INPUT + usage::OUTPUT})
}
