//! Tokens: from the thread's running total to what this attempt used.

use crate::driving::Usage;
use crate::line::Tokens;

pub(crate) const NOTHING: Usage = Usage {
    input: 0,
    cached_input: 0,
    cache_write: 0,
    output: 0,
    reasoning: 0,
    cost: None,
    estimated: false,
};

/// The total in our counts, which do not overlap: codex counts cached input within input, and
/// reasoning within output.
pub(crate) fn total(tokens: &Tokens<'_>) -> Usage {
    let input = tokens.input_tokens.count().unwrap_or(0);
    let cached_input = tokens.cached_input_tokens.count().unwrap_or(0).min(input);
    let cache_write = tokens.cache_write_input_tokens.count().unwrap_or(0).min(input - cached_input);
    let output = tokens.output_tokens.count().unwrap_or(0);
    Usage {
        input: input - cached_input - cache_write,
        cached_input,
        cache_write,
        output,
        reasoning: tokens.reasoning_output_tokens.count().unwrap_or(0).min(output),
        // A figure that does not read is not known to be nothing.
        estimated: tokens.input_tokens.count().is_none() || tokens.output_tokens.count().is_none(),
        ..NOTHING
    }
}

/// What is known once another turn has told its running total: none of it is ever less than before.
pub(crate) fn later(before: Option<Usage>, now: Usage) -> Usage {
    let Some(before) = before else { return now };
    Usage {
        input: before.input.max(now.input),
        cached_input: before.cached_input.max(now.cached_input),
        cache_write: before.cache_write.max(now.cache_write),
        output: before.output.max(now.output),
        reasoning: before.reasoning.max(now.reasoning),
        ..now
    }
}

/// What `total` adds to what the thread had used before.
///
/// A total that is below what was used before cannot include it (the thread was begun anew); it
/// is then taken as it is, so that nothing goes uncharged.
pub(crate) fn since(total: Usage, prior: Option<&Usage>) -> Usage {
    let Some(prior) = prior else { return total };
    let all =
        |usage: &Usage| usage.input.saturating_add(usage.cached_input).saturating_add(usage.cache_write);
    if all(&total) < all(prior) || total.output < prior.output {
        return total;
    }
    Usage {
        input: total.input.saturating_sub(prior.input),
        cached_input: total.cached_input.saturating_sub(prior.cached_input),
        cache_write: total.cache_write.saturating_sub(prior.cache_write),
        output: total.output - prior.output,
        reasoning: total.reasoning.saturating_sub(prior.reasoning),
        ..total
    }
}
