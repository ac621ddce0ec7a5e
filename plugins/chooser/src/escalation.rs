//! What next after an attempt: up the ladder after bad work, elsewhere when there is no room, and
//! a full stop where nobody would do better.
//!
//! The caps are the host's too; they are kept here so that the answer is never refused.

use crate::facts::{
    Budget, Candidate, Consensus, DeliveredAxis, FailureClass, Past, Step, Task, Timestamp, VerifiedAxis,
};
use crate::policy::choice;
use crate::reason;
use crate::remedy::{Kind, kind, span, word};
use crate::score::{Ranked, ranked};
use crate::standing::{Standing, standing};
use crate::wanted::{Wanted, wanted};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;

/// Attempts whose work was bad before several agents are asked at once.
const BEFORE_CONSENSUS: usize = 3;
/// Attempts in all, a consensus counting for as many as it asks.
const IN_ALL: usize = 5;
/// How many a consensus asks.
const VOICES: usize = 2;

/// What follows the last attempt of `history`.
pub fn next(
    now: Timestamp,
    task: &Task,
    history: &[Past],
    candidates: &[Candidate],
    budget: &Budget,
) -> Step {
    let wanted = wanted(task);
    let ranked = ranked(now, task, &wanted, candidates, budget);
    Situation { now, task, wanted, history, candidates, budget, ranked }.step()
}

struct Situation<'a> {
    now: Timestamp,
    task: &'a Task,
    wanted: Wanted,
    history: &'a [Past],
    candidates: &'a [Candidate],
    budget: &'a Budget,
    ranked: Vec<Ranked>,
}

impl Situation<'_> {
    fn step(&self) -> Step {
        let Some(last) = self.history.last() else {
            let first = self.ranked.first().and_then(|one| self.retry(one.index, "nothing was tried yet"));
            return first.unwrap_or_else(|| Step::Stop(String::from("nobody can do this now")));
        };
        // Of several that were asked side by side, one success is enough.
        if let Some(good) = self.history.iter().rev().find(|past| past.succeeded) {
            return Step::Done(format!("{} {}", who(good), succeeded(good)));
        }
        let class = last.class.unwrap_or(FailureClass::Unknown);
        let failed = format!("{} failed ({})", who(last), word(class));
        match kind(class) {
            Kind::Policy(how) => Step::Stop(format!("stopped ({}): {how}", word(class))),
            Kind::Infrastructure(what) => Step::Stop(format!("{failed}, and nobody would do better: {what}")),
            Kind::Quality if self.wanted.command => {
                Step::Stop(format!("{failed}, and a command does no better the second time: read its output"))
            }
            _ if self.history.len() >= IN_ALL => Step::Human(format!(
                "{failed}, and {} attempts are enough: a person should look",
                self.history.len()
            )),
            Kind::Capacity => self.elsewhere(last, &failed),
            Kind::Quality => self.upwards(last, &failed),
        }
    }

    /// Another of the same tier; the one without room is not to blame.
    fn elsewhere(&self, last: &Past, failed: &str) -> Step {
        let peers = || {
            self.ranked.iter().filter_map(|one| Some((one.index, self.candidates.get(one.index)?))).filter(
                |(_, candidate)| {
                    candidate.tier == last.tier && !self.history.iter().any(|past| same(past, candidate))
                },
            )
        };
        let other =
            peers().find(|(_, candidate)| candidate.executor != last.executor).or_else(|| peers().next());
        other
            .and_then(|(index, _)| self.retry(index, &format!("{failed}, and there is another of its tier")))
            .unwrap_or_else(|| Step::Stop(format!("{failed}, and {}", self.until_when(last))))
    }

    fn until_when(&self, last: &Past) -> String {
        let soonest = self
            .candidates
            .iter()
            .filter(|candidate| candidate.tier == last.tier)
            .filter_map(|candidate| match standing(self.now, &self.wanted, candidate, self.budget) {
                Standing::Cooling(until) => Some(until),
                _ => None,
            })
            .min();
        let tier = reason::tier(last.tier);
        match soonest {
            Some(until) => {
                format!(
                    "every other {tier} is unavailable: retry the run in {}",
                    span(until.saturating_sub(self.now))
                )
            }
            None if last.class == Some(FailureClass::ContextOverflow) => {
                format!("there is no other {tier}: split the task or give it less context")
            }
            None => format!("there is no other {tier}: retry the run later or name another executor"),
        }
    }

    /// The next rung, then several at once, then a person.
    fn upwards(&self, last: &Past, failed: &str) -> Step {
        let bad = self.history.iter().filter(|past| !past.succeeded && quality(past)).count();
        if bad < BEFORE_CONSENSUS
            && let Some(index) = self.next_rung(last)
            && let Some(step) = self.retry(index, &format!("{failed}, and this is the next rung"))
        {
            return step;
        }
        let why = if bad < BEFORE_CONSENSUS {
            String::from("nobody stronger is left to ask")
        } else {
            format!("that makes {bad} attempts whose work was not good enough")
        };
        self.consensus(failed, &why)
            .unwrap_or_else(|| Step::Human(format!("{failed}, and {why}: a person should look")))
    }

    /// The next higher rung of the operator's ladder; off the ladder, the best of the next tier up.
    fn next_rung(&self, last: &Past) -> Option<usize> {
        let untried = || {
            self.ranked
                .iter()
                .enumerate()
                .filter_map(|(place, one)| Some((place, one.index, self.candidates.get(one.index)?)))
                .filter(|(_, _, candidate)| {
                    !self.history.iter().any(|past| quality(past) && same(past, candidate))
                })
        };
        let stood = self.candidates.iter().find(|candidate| same(last, candidate)).and_then(|one| one.rung);
        let rung = stood.and_then(|stood| {
            untried()
                .filter_map(|(place, index, candidate)| Some((candidate.rung?, place, index)))
                .filter(|(rung, ..)| *rung > stood)
                .min()
        });
        let tier = || {
            untried()
                .filter(|(_, _, candidate)| candidate.tier > last.tier)
                .map(|(place, index, candidate)| (candidate.tier, place, index))
                .min()
        };
        rung.map(|(.., index)| index).or_else(|| tier().map(|(.., index)| index))
    }

    /// The best of the strongest, from executors that do not share their faults.
    fn consensus(&self, failed: &str, why: &str) -> Option<Step> {
        if self.history.len() + VOICES > IN_ALL {
            return None;
        }
        let mut strongest: Vec<(usize, &Candidate)> =
            self.ranked.iter().filter_map(|one| Some((one.index, self.candidates.get(one.index)?))).collect();
        strongest.sort_by_key(|(_, candidate)| Reverse(candidate.tier));
        let (first, one) = *strongest.first()?;
        let (second, other) = *strongest.iter().find(|(_, candidate)| candidate.executor != one.executor)?;
        Some(Step::Consensus(Consensus {
            candidates: vec![u32::try_from(first).ok()?, u32::try_from(second).ok()?],
            reason: format!(
                "{failed}, and {why}: {} and {} do it side by side",
                reason::named(one),
                reason::named(other)
            ),
        }))
    }

    fn retry(&self, index: usize, why: &str) -> Option<Step> {
        let failed_before = self.history.iter().any(quality);
        let mut choice =
            choice(self.now, self.task, &self.wanted, self.candidates, self.budget, index, failed_before)?;
        choice.reason = format!("{why}: {}", choice.reason);
        Some(Step::Retry(choice))
    }
}

fn who(past: &Past) -> String {
    reason::name(&past.executor, past.model.as_deref())
}

fn succeeded(last: &Past) -> &'static str {
    match (last.delivered, last.verified) {
        (_, VerifiedAxis::Passed) => "succeeded and its checks passed",
        (_, VerifiedAxis::Failed) => "ended well by its own word, though a check failed",
        (DeliveredAxis::Nothing, VerifiedAxis::NotRun) => "answered; nothing was changed and nothing checked",
        (_, VerifiedAxis::NotRun) => "succeeded; nothing was checked",
    }
}

fn quality(past: &Past) -> bool {
    !past.succeeded && kind(past.class.unwrap_or(FailureClass::Unknown)) == Kind::Quality
}

fn same(past: &Past, candidate: &Candidate) -> bool {
    past.executor == candidate.executor && past.model == candidate.model
}

#[cfg(test)]
mod tests;
