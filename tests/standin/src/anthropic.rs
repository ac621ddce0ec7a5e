//! Anthropic Messages, as claude uses it: streamed, and in one piece when a stream has failed it.
//!
//! claude puts messages of the role `system` among the others and reminders into the user's; neither is a
//! prompt. It recognises several refusals by their wording, so these are the API's own words.

use crate::{
    conversation::{Conversation, Tool, stated_after, without},
    playback::Events,
    protocol::{Envelope, PathFacts, Protocol, Refusal, with},
    scenario::Fault,
    script::{Block, Ending, Reply},
    toolbox::Call,
    usage::anthropic as usage,
};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) struct Anthropic;

#[derive(Deserialize)]
struct Body {
    model: String,
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    system: Option<Content>,
    messages: Vec<Message>,
    #[serde(default)]
    tools: Vec<Offer>,
    #[serde(default)]
    output_config: Option<OutputConfig>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    content: Content,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part {
    Text {
        text: String,
    },
    ToolResult {
        #[serde(default)]
        content: Option<Content>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Offer {
    name: String,
    #[serde(default)]
    input_schema: Value,
}

#[derive(Deserialize)]
struct OutputConfig {
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
            Self::Parts(parts) => {
                let texts = parts.iter().filter_map(|part| match part {
                    Part::Text { text } => Some(text.as_str()),
                    _ => None,
                });
                texts.collect::<Vec<_>>().join("\n")
            }
        }
    }

    fn results(&self) -> Vec<String> {
        let Self::Parts(parts) = self else { return Vec::new() };
        let results = parts.iter().filter_map(|part| match part {
            Part::ToolResult { content } => Some(content.as_ref().map(Self::text).unwrap_or_default()),
            _ => None,
        });
        results.collect()
    }
}

impl Protocol for Anthropic {
    fn read(&self, body: &[u8], _: &PathFacts) -> Result<Conversation, serde_json::Error> {
        let body: Body = serde_json::from_slice(body)?;
        let mut conversation = Conversation {
            model: body.model,
            streamed: body.stream,
            schema: body.output_config.and_then(|config| config.format).and_then(|format| format.schema),
            tools: body.tools.into_iter().map(Offer::tool).collect(),
            ..Conversation::default()
        };
        let said = body.messages.iter().map(|message| &message.content);
        conversation.folder = body
            .system
            .iter()
            .chain(said)
            .find_map(|content| stated_after(&content.text(), "Primary working directory:"));
        for message in body.messages.iter().filter(|message| message.role == "user") {
            let prompt = without(&message.content.text(), "<system-reminder>", "</system-reminder>");
            conversation.user(&prompt, message.content.results());
        }
        Ok(conversation)
    }

    fn whole(&self, reply: &Reply, envelope: &Envelope) -> Value {
        let blocks = reply.blocks.iter().enumerate();
        let content: Vec<Value> = blocks.map(|(index, block)| whole(block, envelope, index)).collect();
        let complete = json!({"content": content, "stop_reason": stop_reason(reply.ending),
            "usage": used(usage::OUTPUT)});
        with(message(envelope), complete)
    }

    fn stream(&self, reply: &Reply, envelope: &Envelope) -> Events {
        // The real API opens with a count of one and states the true one at the end.
        let started = with(message(envelope), json!({"usage": used(1)}));
        let mut events = Events {
            opening: vec![event(&json!({"type": "message_start", "message": started})), PING.to_owned()],
            ..Events::default()
        };
        for (index, block) in reply.blocks.iter().enumerate() {
            let whole = whole(block, envelope, index);
            let (empty, deltas): (Value, Vec<Value>) = match block {
                Block::Text(pieces) => (
                    json!({"text": ""}),
                    pieces.iter().map(|text| json!({"type": "text_delta", "text": text})).collect(),
                ),
                Block::Call(_) => {
                    let input = whole.get("input").map(Value::to_string);
                    (json!({"input": {}}), vec![json!({"type": "input_json_delta", "partial_json": input})])
                }
            };
            let empty = with(whole, empty);
            let start = json!({"type": "content_block_start", "index": index, "content_block": empty});
            events.pieces.push(event(&start));
            events.pieces.extend(
                deltas.iter().map(|delta| {
                    event(&json!({"type": "content_block_delta", "index": index, "delta": delta}))
                }),
            );
            events.pieces.push(event(&json!({"type": "content_block_stop", "index": index})));
        }
        let stop = json!({"stop_reason": stop_reason(reply.ending), "stop_sequence": null});
        events.closing = vec![
            event(&json!({"type": "message_delta", "delta": stop, "usage": used(usage::OUTPUT)})),
            event(&json!({"type": "message_stop"})),
        ];
        events
    }

    fn refuse(&self, fault: Fault, model: &str, _: u64) -> Refusal {
        let (status, kind, message) = match fault {
            Fault::Unauthorized => (401, "authentication_error", "invalid x-api-key".to_owned()),
            Fault::Forbidden => {
                (403, "permission_error", "Your API key does not have permission to use the specified resource.".to_owned())
            }
            Fault::RateLimited => (
                429,
                "rate_limit_error",
                "This request would exceed your organization's rate limit of 50 requests per minute.".to_owned(),
            ),
            Fault::Overloaded => (529, "overloaded_error", "Overloaded".to_owned()),
            Fault::Internal => (500, "api_error", "Internal server error".to_owned()),
            Fault::ContextFull => {
                (400, "invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum".to_owned())
            }
            Fault::UnknownModel => (404, "not_found_error", format!("model: {model}")),
            Fault::OutOfCredit => (
                400,
                "invalid_request_error",
                "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to \
                 upgrade or purchase credits."
                    .to_owned(),
            ),
        };
        Refusal { status, body: json!({"type": "error", "error": {"type": kind, "message": message}}) }
    }

    fn keepalive(&self) -> Option<&'static str> {
        Some(PING)
    }
}

impl Offer {
    fn tool(self) -> Tool {
        Tool { name: self.name, parameters: self.input_schema, ..Tool::default() }
    }
}

const PING: &str = "event: ping\ndata: {\"type\":\"ping\"}\n\n";

fn event(data: &Value) -> String {
    let name = data.get("type").and_then(Value::as_str).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n")
}

fn message(envelope: &Envelope) -> Value {
    json!({"id": envelope.id("msg", 0), "type": "message", "role": "assistant", "model": envelope.model, "content": [],
        "stop_reason": null, "stop_sequence": null})
}

fn whole(block: &Block, envelope: &Envelope, index: usize) -> Value {
    match block {
        Block::Text(pieces) => json!({"type": "text", "text": pieces.concat()}),
        Block::Call(call) => {
            let (name, input) = match call {
                Call::Function { name, arguments, .. } => (name.as_str(), arguments.clone()),
                Call::Freeform { name, input } => (name.as_str(), json!({"input": input})),
                Call::Search { query } => ("tool_search", json!({"query": query})),
            };
            json!({"type": "tool_use", "id": envelope.id("toolu", index), "name": name, "input": input})
        }
    }
}

fn used(output: u64) -> Value {
    json!({"input_tokens": usage::INPUT, "cache_creation_input_tokens": usage::CACHE_WRITE,
        "cache_read_input_tokens": usage::CACHE_READ, "output_tokens": output})
}

fn stop_reason(ending: Ending) -> &'static str {
    match ending {
        Ending::Finished => "end_turn",
        Ending::Calls => "tool_use",
        Ending::Declined => "refusal",
        Ending::OutOfTokens => "max_tokens",
    }
}
