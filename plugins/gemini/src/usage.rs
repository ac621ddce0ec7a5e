//! Tokens. Gemini counts cached input within input, and tells of thoughts only in the total.

use crate::driving::Usage;
use crate::line::{Models, Stats};
use alloc::string::String;
use jackfield_sdk::json::read;

pub(crate) const NOTHING: Usage = Usage {
    input: 0,
    cached_input: 0,
    cache_write: 0,
    output: 0,
    reasoning: 0,
    cost: None,
    estimated: false,
};

/// The tokens in our counts, which do not overlap. All are zero after an error of the API, even
/// where earlier requests were answered (`heard`); that is no figure, and marked as none, as is one
/// that does not read.
pub(crate) fn used(stats: &Stats<'_>, heard: bool) -> Usage {
    let input = stats.input_tokens.count().unwrap_or(0);
    let cached_input = stats.cached.count().unwrap_or(0).min(input);
    let said = stats.output_tokens.count().unwrap_or(0);
    let total = stats.total_tokens.count().unwrap_or(0);
    let reasoning = total.saturating_sub(input).saturating_sub(said);
    Usage {
        input: input - cached_input,
        cached_input,
        output: said.saturating_add(reasoning),
        reasoning,
        estimated: heard && (total == 0 || stats.input_tokens.count().is_none()),
        ..NOTHING
    }
}

/// What is known once another result has told its total: none of it is ever less than before.
pub(crate) fn later(before: Option<Usage>, now: Usage) -> Usage {
    let Some(before) = before else { return now };
    Usage {
        input: before.input.max(now.input),
        cached_input: before.cached_input.max(now.cached_input),
        output: before.output.max(now.output),
        reasoning: before.reasoning.max(now.reasoning),
        ..now
    }
}

/// The model that did most of the work.
pub(crate) fn busiest(stats: &Stats<'_>) -> Option<String> {
    let models: Models<'_> = read(stats.models?.get().as_bytes()).ok()?;
    let tokens = |stats: &Option<Stats<'_>>| stats.as_ref().and_then(|stats| stats.total_tokens.count());
    let busiest = models.into_iter().max_by_key(|(_, stats)| tokens(&stats.0).unwrap_or(0))?;
    Some(busiest.0)
}
