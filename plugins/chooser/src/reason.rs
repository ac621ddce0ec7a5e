//! Why a candidate was chosen: one sentence for a person, made of the facts that decided.

use crate::effort;
use crate::facts::{Candidate, Effort, Micros, Task, Tier};
use crate::price;
use crate::wanted::Wanted;
use alloc::format;
use alloc::string::String;

/// Behind the reason for one who stands before somebody with a better record.
pub(crate) const TRIAL: &str = "; little is known of it, so it gets a try";

/// `claude/sonnet`, or `shell` where there is no model to name.
pub(crate) fn name(executor: &str, model: Option<&str>) -> String {
    match model {
        Some(model) if !model.is_empty() => format!("{executor}/{model}"),
        _ => String::from(executor),
    }
}

/// The name of a candidate.
pub(crate) fn named(candidate: &Candidate) -> String {
    name(&candidate.executor, candidate.model.as_deref())
}

/// `workhorse`
pub(crate) fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Light => "light model",
        Tier::Workhorse => "workhorse",
        Tier::Strategist => "strategist",
    }
}

/// Why `candidate`, with which effort.
pub(crate) fn sentence(
    task: &Task,
    wanted: &Wanted,
    candidate: &Candidate,
    tier_is_there: bool,
    waits: bool,
    (effort, because): (Effort, &str),
) -> String {
    if wanted.command {
        return format!("{} runs it, because {}", named(candidate), wanted.why);
    }
    let aside = match (candidate.tier == wanted.tier, tier_is_there) {
        (true, _) => String::new(),
        (false, false) => format!(" and no {} can be asked now", tier(wanted.tier)),
        (false, true) => {
            format!(" and it does better here than the {}s on record, price and load", tier(wanted.tier))
        }
    };
    let waits = if waits { "; it waits for a free slot" } else { "" };
    format!(
        "{} ({}), because {}{aside}; {}; effort {}, as {because}{waits}",
        named(candidate),
        tier(candidate.tier),
        wanted.why,
        record(candidate, price::expected(task, candidate)),
        effort::word(effort),
    )
}

fn record(candidate: &Candidate, expected: Option<Micros>) -> String {
    let cost = match expected {
        _ if candidate.free => String::from("free"),
        Some(cost) => format!("about {} each", price::dollars(cost)),
        None => String::from("price unknown"),
    };
    match candidate.attempts {
        0 => format!("no like task on record, {cost}"),
        all => format!("{} of {all} like tasks succeeded, {cost}", candidate.succeeded.min(all)),
    }
}
