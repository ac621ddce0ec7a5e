//! Gemini, as gemini-cli uses it: streamed for the work, in one piece for its errands.
//!
//! Its SDK breaks on comment lines in a stream, so there is no way to keep a silent one alive. Details of a
//! refusal decide what the program does: `QuotaFailure` tells a limit per minute from one per day.

use crate::{
    conversation::{Conversation, Tool, stated_after, without},
    playback::Events,
    protocol::{Envelope, PathFacts, Protocol, Refusal, with},
    scenario::Fault,
    script::{Block, Ending, Reply},
    toolbox::Call,
    usage::gemini as usage,
};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) struct Gemini;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    contents: Vec<Content>,
    #[serde(default)]
    system_instruction: Option<Content>,
    #[serde(default)]
    tools: Vec<Offers>,
    #[serde(default)]
    generation_config: Option<GenerationConfig>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    function_response: Option<FunctionResponse>,
}

#[derive(Deserialize)]
struct FunctionResponse {
    #[serde(default)]
    response: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Offers {
    #[serde(default)]
    function_declarations: Vec<Declaration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Declaration {
    name: String,
    #[serde(default)]
    parameters: Option<Value>,
    #[serde(default)]
    parameters_json_schema: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GenerationConfig {
    #[serde(default)]
    response_json_schema: Option<Value>,
    #[serde(default)]
    response_schema: Option<Value>,
}

impl Content {
    fn text(&self) -> String {
        self.parts.iter().filter_map(|part| part.text.as_deref()).collect::<Vec<_>>().join("\n")
    }

    fn results(&self) -> Vec<String> {
        let responses = self.parts.iter().filter_map(|part| part.function_response.as_ref());
        responses.map(|answer| answer.response.to_string()).collect()
    }
}

impl Declaration {
    fn tool(self) -> Tool {
        let parameters = self.parameters_json_schema.or(self.parameters).unwrap_or_default();
        Tool { name: self.name, parameters, ..Tool::default() }
    }
}

impl Protocol for Gemini {
    fn read(&self, body: &[u8], path: &PathFacts) -> Result<Conversation, serde_json::Error> {
        let body: Body = serde_json::from_slice(body)?;
        let schema = body.generation_config.and_then(|it| it.response_json_schema.or(it.response_schema));
        let declared = body.tools.into_iter().flat_map(|offers| offers.function_declarations);
        let mut conversation = Conversation {
            model: path.model.clone(),
            streamed: path.streamed,
            schema,
            tools: declared.map(Declaration::tool).collect(),
            ..Conversation::default()
        };
        conversation.folder = body
            .system_instruction
            .iter()
            .chain(&body.contents)
            .find_map(|content| stated_after(&content.text(), "Workspace Directories:"));
        for content in body.contents.iter().filter(|content| content.role.as_deref() != Some("model")) {
            let prompt = without(&content.text(), "<session_context>", "</session_context>");
            conversation.user(&prompt, content.results());
        }
        Ok(conversation)
    }

    fn whole(&self, reply: &Reply, envelope: &Envelope) -> Value {
        let parts: Vec<Value> = reply.blocks.iter().map(part).collect();
        chunk(parts, Some(reply.ending), envelope)
    }

    fn stream(&self, reply: &Reply, envelope: &Envelope) -> Events {
        let mut events = Events::default();
        let declined = reply.ending == Ending::Declined;
        for block in reply.blocks.iter().filter(|_| !declined) {
            let parts: Vec<Value> = match block {
                Block::Text(pieces) => pieces.iter().map(|text| json!({"text": text})).collect(),
                Block::Call(_) => vec![part(block)],
            };
            events.pieces.extend(parts.into_iter().map(|part| event(&chunk(vec![part], None, envelope))));
        }
        let last = if declined { vec![] } else { vec![json!({"text": ""})] };
        events.closing = vec![event(&chunk(last, Some(reply.ending), envelope))];
        events
    }

    fn refuse(&self, fault: Fault, model: &str, retry_after: u64) -> Refusal {
        let (status, name, message, details) = match fault {
            Fault::Unauthorized => (
                400,
                "INVALID_ARGUMENT",
                "API key not valid. Please pass a valid API key.".to_owned(),
                json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID",
                    "domain": "googleapis.com"}]),
            ),
            Fault::Forbidden => {
                (403, "PERMISSION_DENIED", "Your project has been denied access.".to_owned(), json!([]))
            }
            Fault::RateLimited => (
                429,
                "RESOURCE_EXHAUSTED",
                "Resource has been exhausted (e.g. check quota).".to_owned(),
                json!([quota("GenerateRequestsPerMinutePerProjectPerModel"),
                    {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": format!("{retry_after}s")}]),
            ),
            Fault::Overloaded => {
                (503, "UNAVAILABLE", "The model is overloaded. Please try again later.".to_owned(), json!([]))
            }
            Fault::Internal => (500, "INTERNAL", "An internal error has occurred.".to_owned(), json!([])),
            Fault::ContextFull => (
                400,
                "INVALID_ARGUMENT",
                "The input token count (1250000) exceeds the maximum number of tokens allowed (1048576)."
                    .to_owned(),
                json!([]),
            ),
            Fault::UnknownModel => {
                (404, "NOT_FOUND", format!("models/{model} is not found for API version v1beta"), json!([]))
            }
            Fault::OutOfCredit => (
                429,
                "RESOURCE_EXHAUSTED",
                "You exceeded your current quota, please check your plan and billing details.".to_owned(),
                json!([quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier")]),
            ),
        };
        let error = json!({"code": status, "message": message, "status": name, "details": details});
        Refusal { status, body: json!({"error": error}) }
    }

    fn keepalive(&self) -> Option<&'static str> {
        None
    }
}

fn quota(id: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": id,
        "quotaMetric": "generativelanguage.googleapis.com/generate_content_requests"}]})
}

fn part(block: &Block) -> Value {
    match block {
        Block::Text(pieces) => json!({"text": pieces.concat()}),
        Block::Call(call) => {
            let (name, args) = match call {
                Call::Function { name, arguments, .. } => (name.as_str(), arguments.clone()),
                Call::Freeform { name, input } => (name.as_str(), json!({"input": input})),
                Call::Search { query } => ("tool_search", json!({"query": query})),
            };
            json!({"functionCall": {"name": name, "args": args}, "thoughtSignature": "c3RhbmRpbg=="})
        }
    }
}

fn chunk(parts: Vec<Value>, ending: Option<Ending>, envelope: &Envelope) -> Value {
    let candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    let (end, used) = match ending {
        None => (json!({}), json!({"promptTokenCount": usage::PROMPT, "totalTokenCount": usage::PROMPT})),
        Some(ending) => (json!({"finishReason": finish_reason(ending)}), used()),
    };
    json!({"candidates": [with(candidate, end)], "modelVersion": envelope.model,
        "responseId": envelope.id("answer", 0), "usageMetadata": used})
}

fn finish_reason(ending: Ending) -> &'static str {
    match ending {
        Ending::Finished | Ending::Calls => "STOP",
        Ending::Declined => "SAFETY",
        Ending::OutOfTokens => "MAX_TOKENS",
    }
}

fn used() -> Value {
    json!({"promptTokenCount": usage::PROMPT, "cachedContentTokenCount": usage::CACHED,
        "candidatesTokenCount": usage::CANDIDATES, "thoughtsTokenCount": usage::THOUGHTS,
        "totalTokenCount": usage::TOTAL})
}

fn event(data: &Value) -> String {
    format!("data: {data}\r\n\r\n")
}
