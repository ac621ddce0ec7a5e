//! What next after an attempt: up the ladder after bad work, elsewhere when there is no room, and
//! a full stop where nobody would do better.
//!
//! The caps are the host's too; they are kept here so that the answer is never refused.

use crate::facts::{
    Budget, Candidate, Consensus, DeliveredAxis, FailureClass, Past, Step, Task, Timestamp, VerifiedAxis,
};
use crate::policy::choice;
use crate::reason::{self, Aside};
use crate::remedy::{Kind, kind, span, word};
use crate::score::{Ranked, ranked};
use crate::standing::{SHELL, Standing, standing};
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
            Kind::Quality if self.wanted.command || last.executor == SHELL => {
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

    /// Another of the same tier, a rung of the ladder before one that is none; the one without room is not to blame.
    fn elsewhere(&self, last: &Past, failed: &str) -> Step {
        let peers = || {
            self.able().filter(|(_, candidate)| {
                candidate.tier == last.tier && !self.history.iter().any(|past| same(past, candidate))
            })
        };
        let first = |other_executor: bool, rung: bool| {
            peers().find(|(_, candidate)| {
                (candidate.executor != last.executor) == other_executor && candidate.rung.is_some() == rung
            })
        };
        let order = [(true, true), (true, false), (false, true), (false, false)];
        let other = order.into_iter().find_map(|(other_executor, rung)| first(other_executor, rung));
        other
            .and_then(|(index, _)| self.retry(index, &format!("{failed}, and there is another of its tier")))
            .unwrap_or_else(|| Step::Stop(format!("{failed}, and {}", self.until_when(last))))
    }

    /// Everyone who can be asked, best first.
    fn able(&self) -> impl Iterator<Item = (usize, &Candidate)> {
        self.ranked.iter().filter_map(|one| Some((one.index, self.candidates.get(one.index)?)))
    }

    /// Whether the operator has set up a ladder: then it is climbed, and nothing beside it.
    fn has_ladder(&self) -> bool {
        self.candidates.iter().any(|candidate| candidate.rung.is_some())
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
            && let Some((index, next)) = self.stronger(last)
            && let Some(step) = self.retry(index, &format!("{failed}, and {next}"))
        {
            return step;
        }
        let why = if bad < BEFORE_CONSENSUS {
            self.nobody_stronger(last)
        } else {
            format!("that makes {bad} attempts whose work was not good enough")
        };
        self.consensus(failed, &why)
            .unwrap_or_else(|| Step::Human(format!("{failed}, and {why}: a person should look")))
    }

    /// The next higher rung of the operator's ladder; where there is no ladder, the best of the next tier up.
    fn stronger(&self, last: &Past) -> Option<(usize, &'static str)> {
        if self.has_ladder() {
            return self.rung_above(last).map(|index| (index, "this is the next rung of the ladder"));
        }
        let above = self
            .able()
            .enumerate()
            .filter(|(_, (index, candidate))| {
                self.is_untried(*index, candidate) && candidate.tier > last.tier
            })
            .map(|(place, (index, candidate))| (candidate.tier, place, index));
        above.min().map(|(.., index)| (index, "this is the best of the next tier"))
    }

    /// One that stands on no rung joins the ladder above the rungs of its tier. Where nothing is above it there, the
    /// rungs of its own tier are left.
    fn rung_above(&self, last: &Past) -> Option<usize> {
        let lowest = |fits: &dyn Fn(&Candidate) -> bool| {
            self.able()
                .filter(|(index, candidate)| self.is_untried(*index, candidate) && fits(candidate))
                .filter_map(|(index, candidate)| Some((candidate.rung?, index)))
                .min()
                .map(|(_, index)| index)
        };
        match self.rung_of(last) {
            Some(stood) => lowest(&|candidate| candidate.rung > Some(stood)),
            None => lowest(&|candidate| candidate.tier > last.tier)
                .or_else(|| lowest(&|candidate| candidate.tier == last.tier)),
        }
    }

    /// The rung that the last attempt was made on. Of several with the same executor and model, which differ by their
    /// environment only, each attempt took the next.
    fn rung_of(&self, last: &Past) -> Option<u16> {
        let mut alike: Vec<u16> =
            self.candidates.iter().filter(|one| same(last, one)).filter_map(|one| one.rung).collect();
        alike.sort_unstable();
        let tries = self.history.iter().filter(|past| alike_past(past, last)).count();
        alike.get(tries.saturating_sub(1)).or(alike.last()).copied()
    }

    /// Whether no attempt of bad work was made with this candidate.
    fn is_untried(&self, index: usize, candidate: &Candidate) -> bool {
        let tries = self.history.iter().filter(|past| quality(past) && same(past, candidate)).count();
        let is_alike = |one: &Candidate| one.executor == candidate.executor && one.model == candidate.model;
        let below = |(at, one): &(usize, &Candidate)| {
            is_alike(one) && (one.rung.unwrap_or(u16::MAX), *at) < (candidate.rung.unwrap_or(u16::MAX), index)
        };
        self.candidates.iter().enumerate().filter(below).count() >= tries
    }

    /// Why the ladder, or the tiers, end here.
    fn nobody_stronger(&self, last: &Past) -> String {
        if !self.has_ladder() {
            return String::from("no stronger model is left");
        }
        let stood = self.rung_of(last);
        let is_above = |candidate: &&Candidate| match (stood, candidate.rung) {
            (_, None) => false,
            (Some(stood), Some(rung)) => rung > stood,
            (None, Some(_)) => candidate.tier > last.tier,
        };
        let mut out = Vec::new();
        for candidate in self.candidates.iter().filter(is_above) {
            match standing(self.now, &self.wanted, candidate, self.budget) {
                Standing::Out(why) => out.push(format!("{} is {why}", reason::named(candidate))),
                Standing::Cooling(until) => out.push(format!(
                    "{} is cooling down for {}",
                    reason::named(candidate),
                    span(until.saturating_sub(self.now))
                )),
                Standing::Ready | Standing::Full => {}
            }
        }
        if out.is_empty() {
            return String::from("no rung of the ladder is above it");
        }
        format!("no rung above it is ready ({})", out.join("; "))
    }

    /// The highest rungs, or without a ladder the best of the strongest, from executors that do not share their faults.
    fn consensus(&self, failed: &str, why: &str) -> Option<Step> {
        if self.history.len() + VOICES > IN_ALL {
            return None;
        }
        let mut strongest: Vec<(usize, &Candidate)> = self.able().collect();
        if self.has_ladder() {
            strongest.retain(|(_, candidate)| candidate.rung.is_some());
            strongest.sort_by_key(|(_, candidate)| Reverse(candidate.rung));
        } else {
            strongest.sort_by_key(|(_, candidate)| Reverse(candidate.tier));
        }
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
        let mut choice = choice(
            self.now,
            self.task,
            &self.wanted,
            self.candidates,
            self.budget,
            index,
            failed_before,
            Aside::None,
        )?;
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

fn alike_past(past: &Past, other: &Past) -> bool {
    past.executor == other.executor && past.model == other.model
}

fn same(past: &Past, candidate: &Candidate) -> bool {
    past.executor == candidate.executor && past.model == candidate.model
}

#[cfg(test)]
mod tests;
