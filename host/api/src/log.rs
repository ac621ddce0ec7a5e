//! Which part of the log of a run to read.

use serde::{Deserialize, Serialize};

/// Most events on one page.
const PAGE: u32 = 1_000;

/// Which part of the log of a run. Events are listed oldest first, whatever is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LogQuery {
    /// Only what comes after the event with this number.
    pub after: u64,
    /// Only what comes before the event with this number: the last events before it.
    pub before: Option<u64>,
    /// The last so many events.
    pub tail: Option<u32>,
    /// Of these kinds, with commas: `tool_call,tool_result`.
    pub kinds: Option<String>,
    /// With this text in them, in any case of ASCII letters.
    pub q: Option<String>,
    /// Most events on a page, 1,000 at most.
    pub limit: Option<u32>,
    /// As server-sent events, which go on as more happens; takes `after` only.
    pub stream: bool,
}

impl LogQuery {
    /// How many events are listed at most.
    pub fn page(&self) -> u32 {
        self.tail.or(self.limit).unwrap_or(PAGE).clamp(1, PAGE)
    }

    /// Whether it asks for more than the events after a place.
    pub const fn is_filtered(&self) -> bool {
        self.before.is_some() || self.tail.is_some() || self.kinds.is_some() || self.q.is_some()
    }
}
