//! One line of `stream-json` output, as far as it matters here.
//!
//! Everything is optional and lenient (see [`jackfield_sdk::json`]): a field that changes its shape
//! is lost alone, not with its line. The type comes first in every line seen so far, so it is read
//! from the head of the line and the rest is parsed once, into the struct of that type.

use alloc::borrow::Cow;
use alloc::string::String;
use jackfield_sdk::clip;
use jackfield_sdk::json::{self, Entries, List, Object, RawValue, Scalar, TextOrParts};
use serde::Deserialize;

/// A line's `type`.
pub(crate) fn kind(line: &[u8]) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow, rename = "type")]
        kind: Scalar<'a>,
    }
    let first = line.strip_prefix(br#"{"type":""#).and_then(|rest| {
        let end = rest.iter().take(40).position(|byte| matches!(byte, b'"' | b'\\'))?;
        if rest.get(end) == Some(&b'"') { core::str::from_utf8(rest.get(..end)?).ok() } else { None }
    });
    match first {
        Some(kind) => Some(Cow::Borrowed(kind)),
        None => match json::read::<Head<'_>>(line).ok()?.kind {
            Scalar::Text(kind) => Some(kind),
            _ => None,
        },
    }
}

/// `system`, whatever its subtype.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct System<'a> {
    #[serde(borrow)]
    pub(crate) subtype: Scalar<'a>,
    pub(crate) session_id: Scalar<'a>,
    pub(crate) model: Scalar<'a>,
    pub(crate) claude_code_version: Scalar<'a>,
    pub(crate) mcp_servers: List<Server<'a>>,
    pub(crate) attempt: Scalar<'a>,
    pub(crate) max_retries: Scalar<'a>,
    pub(crate) retry_delay_ms: Scalar<'a>,
    pub(crate) error_status: Scalar<'a>,
    pub(crate) error: Scalar<'a>,
    pub(crate) fallback_model: Scalar<'a>,
    pub(crate) content: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Server<'a> {
    #[serde(borrow)]
    pub(crate) name: Scalar<'a>,
    pub(crate) status: Scalar<'a>,
}

/// `assistant` and `user`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Said<'a> {
    #[serde(borrow)]
    pub(crate) message: Object<Message<'a>>,
    pub(crate) parent_tool_use_id: Scalar<'a>,
    pub(crate) session_id: Scalar<'a>,
    pub(crate) error: Scalar<'a>,
    pub(crate) tool_use_result: Object<FileResult<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Message<'a> {
    #[serde(borrow)]
    pub(crate) id: Scalar<'a>,
    pub(crate) model: Scalar<'a>,
    pub(crate) content: List<Block<'a>>,
    pub(crate) usage: Object<Tokens<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Block<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Scalar<'a>,
    pub(crate) text: Scalar<'a>,
    pub(crate) thinking: Scalar<'a>,
    pub(crate) id: Scalar<'a>,
    pub(crate) name: Scalar<'a>,
    pub(crate) input: Option<&'a RawValue>,
    pub(crate) tool_use_id: Scalar<'a>,
    pub(crate) content: TextOrParts<'a, Part<'a>>,
    pub(crate) is_error: Scalar<'a>,
}

/// What a tool that changes a file says beside its result.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct FileResult<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Scalar<'a>,
    pub(crate) file_path: Scalar<'a>,
}

/// A message's usage, as the API names it; the input excludes what the cache held.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Tokens<'a> {
    #[serde(borrow)]
    pub(crate) input_tokens: Scalar<'a>,
    pub(crate) cache_read_input_tokens: Scalar<'a>,
    pub(crate) cache_creation_input_tokens: Scalar<'a>,
    pub(crate) output_tokens: Scalar<'a>,
}

/// `stream_event`: only what tells of usage, the rest comes again in whole messages.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Partial<'a> {
    #[serde(borrow)]
    pub(crate) event: Object<PartialEvent<'a>>,
    pub(crate) parent_tool_use_id: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct PartialEvent<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Scalar<'a>,
    pub(crate) message: Object<Message<'a>>,
    pub(crate) usage: Object<Tokens<'a>>,
}

/// `rate_limit_event`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct RateLimit<'a> {
    #[serde(borrow)]
    pub(crate) rate_limit_info: Object<RateLimitInfo<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct RateLimitInfo<'a> {
    #[serde(borrow)]
    pub(crate) status: Scalar<'a>,
    pub(crate) resets_at: Scalar<'a>,
    pub(crate) rate_limit_type: Scalar<'a>,
}

/// `result`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Final<'a> {
    #[serde(borrow)]
    pub(crate) subtype: Scalar<'a>,
    pub(crate) is_error: Scalar<'a>,
    pub(crate) api_error_status: Scalar<'a>,
    pub(crate) num_turns: Scalar<'a>,
    pub(crate) result: Scalar<'a>,
    pub(crate) stop_reason: Scalar<'a>,
    pub(crate) terminal_reason: Scalar<'a>,
    pub(crate) session_id: Scalar<'a>,
    pub(crate) total_cost_usd: Scalar<'a>,
    pub(crate) usage: Object<Tokens<'a>>,
    #[serde(rename = "modelUsage")]
    pub(crate) model_usage: Entries<'a, Object<ModelTokens<'a>>>,
    pub(crate) permission_denials: List<Denial<'a>>,
    pub(crate) errors: List<Scalar<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Denial<'a> {
    #[serde(borrow)]
    pub(crate) tool_name: Scalar<'a>,
}

/// One model's share of a result's `modelUsage`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ModelTokens<'a> {
    #[serde(borrow)]
    pub(crate) input_tokens: Scalar<'a>,
    pub(crate) cache_read_input_tokens: Scalar<'a>,
    pub(crate) cache_creation_input_tokens: Scalar<'a>,
    pub(crate) output_tokens: Scalar<'a>,
}

/// How much of a tool's result is kept.
pub(crate) const SHOWN_BYTES: usize = 4096;

/// A part of a tool's result.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Part<'a> {
    #[serde(borrow)]
    pub(crate) text: Scalar<'a>,
}

/// The beginning of a tool's result: a string, or the texts of its parts.
pub(crate) fn shown(content: &TextOrParts<'_, Part<'_>>) -> String {
    match content {
        TextOrParts::Nothing => String::new(),
        TextOrParts::Text(text) => clip(text, SHOWN_BYTES),
        TextOrParts::Parts(parts) => {
            let mut shown = String::new();
            for text in parts.iter().filter_map(|part| part.text.words()) {
                if !shown.is_empty() {
                    shown.push('\n');
                }
                shown.push_str(&clip(text, SHOWN_BYTES));
                if shown.len() > SHOWN_BYTES {
                    return clip(&shown, SHOWN_BYTES);
                }
            }
            shown
        }
    }
}
