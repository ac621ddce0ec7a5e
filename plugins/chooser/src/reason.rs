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

/// How one of another tier than the one that is wanted stands to that tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aside {
    /// It is not the ranking that decided.
    None,
    /// Nobody of the tier can be asked.
    NobodyOfTier,
    /// It ranks before everybody of the tier.
    First,
    /// Somebody of the tier ranks before it.
    After,
}

/// Whether it is a strategist of the executor that is asked first for strategic work.
pub(crate) fn is_preferred(wanted: &Wanted, candidate: &Candidate) -> bool {
    wanted.tier == Tier::Strategist && candidate.tier == Tier::Strategist && candidate.executor == FIRST
}

/// The executor whose strategists are asked first for strategic work.
const FIRST: &str = "claude";

/// Why `candidate`, with which effort.
pub(crate) fn sentence(
    task: &Task,
    wanted: &Wanted,
    candidate: &Candidate,
    aside: Aside,
    waits: bool,
    (effort, because): (Effort, &str),
) -> String {
    if wanted.command {
        return format!("{} runs it, because {}", named(candidate), wanted.why);
    }
    let aside = match aside {
        _ if candidate.tier == wanted.tier => String::new(),
        Aside::None => String::new(),
        Aside::NobodyOfTier => format!(" and no {} is ready now", tier(wanted.tier)),
        Aside::First => {
            let by = if candidate.attempts > 0 { "record, price and load" } else { "price and load" };
            format!(" and it ranks before every {} by {by}", tier(wanted.tier))
        }
        Aside::After => format!(" and a {} that ranks before it fits better", tier(wanted.tier)),
    };
    let preferred = if is_preferred(wanted, candidate) { "; Claude is preferred for such work" } else { "" };
    let waits = if waits { "; it waits for a free slot" } else { "" };
    format!(
        "{} ({}), because {}{aside}{preferred}; {}; effort {}, as {because}{waits}",
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
