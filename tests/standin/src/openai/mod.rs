//! OpenAI Responses, as codex uses it: always streamed, texts taken from the finished items.
//!
//! It recognises several refusals by their code, so these are the API's own codes.

mod body;

use crate::{
    conversation::Conversation,
    playback::Events,
    protocol::{Envelope, PathFacts, Protocol, Refusal, with},
    scenario::Fault,
    script::{Block, Ending, Reply},
    toolbox::Call,
    usage::openai as usage,
};
use serde_json::{Value, json};

pub(crate) struct OpenAi;

impl Protocol for OpenAi {
    fn read(&self, body: &[u8], _: &PathFacts) -> Result<Conversation, serde_json::Error> {
        body::read(body)
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
