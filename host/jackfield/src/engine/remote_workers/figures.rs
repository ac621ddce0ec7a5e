//! Figures that a worker elsewhere reports, and how much at once.

use super::super::planned::Planned;
use crate::engine::pricing::Cost;
use jackfield_api::remote::AttemptProgress;
use jackfield_store::Attempt;
use jackfield_types::{ErrorCode, Problem, Usage};

/// Most that a figure of usage may be, as for components.
const MOST_TOLD: u64 = 1_000_000_000_000_000;
/// Most events of one message; a worker sends 200.
const MOST_EVENTS: usize = 1_000;

/// What an attempt has used, and what that costs, once its worker has told of it again. As with an agent here, a
/// poorer report takes nothing back.
pub(in crate::engine) fn used(found: &Attempt, planned: &Planned, told: Usage) -> (Usage, Cost) {
    let usage = found.usage.updated(told).bounded();
    let mut cost = planned.pricing.cost(&usage);
    if !found.usage.estimated {
        cost.total = cost.total.max(planned.pricing.cost(&found.usage).total);
    }
    (usage, cost)
}

/// Figures that no component may give, no worker may give either: its own host would have refused them.
pub(in crate::engine) fn check_usage(usage: &Usage) -> Result<(), Problem> {
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

/// What is told at once is bounded, so that one worker holds up nobody.
pub(in crate::engine) fn check_news(news: &AttemptProgress) -> Result<(), Problem> {
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
