//! The three APIs behind one trait: read a request into a [`Conversation`], put a [`Reply`] or a [`Fault`]
//! into the words of the API.
//!
//! Everything here is pure: no clock, no socket. Pauses and cuts belong to `playback`, and so are the same
//! for all three.

use crate::{
    anthropic::Anthropic, conversation::Conversation, gemini::Gemini, openai::OpenAi, playback::Events,
    scenario::Fault, script::Reply,
};
use serde::Serialize;
use serde_json::Value;

/// Which API a request came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Api {
    /// Anthropic Messages, what claude speaks.
    Anthropic,
    /// OpenAI Responses, what codex speaks.
    OpenAi,
    /// Gemini, what gemini speaks.
    Gemini,
}

impl Api {
    /// How it is written in `API-scenario=...`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
            Self::Gemini => "gemini",
        }
    }

    pub(crate) fn protocol(self) -> &'static dyn Protocol {
        match self {
            Self::Anthropic => &Anthropic,
            Self::OpenAi => &OpenAi,
            Self::Gemini => &Gemini,
        }
    }
}

/// A refusal in the words of an API.
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

pub(crate) trait Protocol: Sync {
    /// Reads a request's body. Model and streaming are what the path said, for the API that says them there.
    fn read(&self, body: &[u8], path: &PathFacts) -> Result<Conversation, serde_json::Error>;
    /// The answer in one piece.
    fn whole(&self, reply: &Reply, envelope: &Envelope) -> Value;
    /// The answer as server-sent events.
    fn stream(&self, reply: &Reply, envelope: &Envelope) -> Events;
    /// The refusal; `retry_after` is in seconds.
    fn refuse(&self, fault: Fault, model: &str, retry_after: u64) -> Refusal;
    /// What keeps a silent stream open, where the programs' SDKs bear it.
    fn keepalive(&self) -> Option<&'static str>;
}

/// What stands around an answer.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    pub(crate) model: String,
    /// The request's number: programs tell answers and tool calls apart by their ids.
    pub(crate) number: u64,
}

impl Envelope {
    /// An id that no other answer, and no other block of this one, has.
    pub(crate) fn id(&self, prefix: &str, block: usize) -> String {
        format!("{prefix}_standin{:08}n{block}", self.number)
    }
}

/// What a Gemini path says and the other APIs say in the body.
#[derive(Debug, Default, Clone)]
pub(crate) struct PathFacts {
    pub(crate) model: String,
    pub(crate) streamed: bool,
}

/// An object with these fields set too.
pub(crate) fn with(mut object: Value, fields: Value) -> Value {
    if let (Value::Object(object), Value::Object(fields)) = (&mut object, fields) {
        object.extend(fields);
    }
    object
}
