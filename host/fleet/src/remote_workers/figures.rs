//! Bounds of the figures and events that a remote worker reports.

use jackfield_api::remote::AttemptProgress;
use jackfield_runs::admission::planned::Planned;
use jackfield_runs::admission::pricing::Cost;
use jackfield_store::Attempt;
use jackfield_types::{ErrorCode, Problem, Usage};

/// Largest figure of usage, the same as for components.
const MOST_TOLD: u64 = 1_000_000_000_000_000;
/// Most events of one message; a worker sends 200.
const MOST_EVENTS: usize = 1_000;

/// The usage and the cost of an attempt after another report. As with a local agent, a smaller report takes nothing
/// back.
pub(crate) fn used(found: &Attempt, planned: &Planned, told: Usage) -> (Usage, Cost) {
    let usage = found.usage.updated(told).bounded();
    let mut cost = planned.pricing.cost(&usage);
    if !found.usage.estimated {
        cost.total = cost.total.max(planned.pricing.cost(&found.usage).total);
    }
    (usage, cost)
}

/// Checks usage against the bounds that components have: the worker's own host would refuse these figures, too.
pub fn check_usage(usage: &Usage) -> Result<(), Problem> {
    let figures = [usage.input, usage.cached_input, usage.cache_write, usage.output, usage.reasoning];
    let cost = usage.cost.unwrap_or_default();
    if figures.iter().all(|figure| *figure <= MOST_TOLD) && (0..=MOST_TOLD.cast_signed()).contains(&cost.0) {
        return Ok(());
    }
    Err(Problem::caller(
        ErrorCode::BadFigure,
        "failed to record usage: it has an impossible figure",
        format!("give at most {MOST_TOLD} tokens of a kind, and a cost of at most as many micro-dollars"),
    ))
}

/// Checks the size of a report, so that one worker does not block the others.
pub fn check_news(news: &AttemptProgress) -> Result<(), Problem> {
    news.usage.as_ref().map_or(Ok(()), check_usage)?;
    if news.events.len() <= MOST_EVENTS {
        return Ok(());
    }
    Err(Problem::caller(
        ErrorCode::TooManyEvents,
        format!("failed to record {} events at once", news.events.len()),
        format!("send at most {MOST_EVENTS} in one message"),
    ))
}
