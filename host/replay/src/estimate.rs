//! What choices that were not made would have come to.
//!
//! Where the component chooses as was chosen, what happened is what happened. Where it chooses another, like
//! work of that other is looked up: the same executor and model at tasks of the same type and about as hard, else of
//! the same type, else at all. Each such group gives a share with a Wilson interval and a mean cost with a normal
//! one; a group with nothing on record could be anything. The whole is the groups by their sizes, and its bounds the
//! groups' bounds added up: wider than need be, never narrower, since groups share what they are estimated from.
//!
//! What this cannot know: whether tasks that were given to one would suit another for reasons that are not among the
//! facts.

use super::again::first_choice;
use jackfield_api::{Bounds, Prediction};
use jackfield_store::{RecordedDecision, RecordedOutcome};
use jackfield_types::Micros;
use serde_json::Value;
use std::collections::BTreeMap;

/// 95 % of a normal distribution lies within so many standard deviations.
const Z: f64 = 1.959_964;
/// So much like work must be on record before a wider group is looked at.
const ENOUGH: f64 = 8.0;

/// Outcomes that say something about whoever made the attempt.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    count: f64,
    good: f64,
    cost: f64,
    cost_squared: f64,
}

impl Tally {
    fn add(&mut self, outcome: &RecordedOutcome) {
        let cost = outcome.cost.usd();
        self.count += 1.0;
        self.good += f64::from(u8::from(outcome.succeeded));
        self.cost += cost;
        self.cost_squared += cost * cost;
    }

    /// Wilson's interval: it stays within 0 and 1, and says something for few and for none.
    fn success(&self) -> Bounds {
        if self.count == 0.0 {
            return Bounds { low: 0.0, mean: 0.5, high: 1.0 };
        }
        let (n, p) = (self.count, self.good / self.count);
        let scale = 1.0 / (1.0 + Z * Z / n);
        let middle = (p + Z * Z / (2.0 * n)) * scale;
        let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() * scale;
        Bounds { low: (middle - half).max(0.0), mean: p, high: (middle + half).min(1.0) }
    }

    fn mean_cost(&self, dearest: f64) -> Bounds {
        if self.count == 0.0 {
            return Bounds { low: 0.0, mean: dearest / 2.0, high: dearest };
        }
        let mean = self.cost / self.count;
        if self.count < 2.0 {
            return Bounds { low: 0.0, mean, high: dearest.max(mean) };
        }
        let variance = ((self.cost_squared - self.count * mean * mean) / (self.count - 1.0)).max(0.0);
        let half = Z * (variance / self.count).sqrt();
        Bounds { low: (mean - half).max(0.0), mean, high: mean + half }
    }
}

/// Who, at what: as narrow as there is something on record.
type Group = (String, Option<String>, Option<String>, Option<u8>);

/// Predicts what other choices would have come to, from records of similar work.
pub struct Estimate {
    on_record: BTreeMap<Group, Tally>,
    dearest: f64,
    recorded: Tally,
    /// Chosen as was chosen.
    observed: Tally,
    /// Chosen otherwise: how often, by the group that says what that would have come to.
    otherwise: BTreeMap<Option<Group>, f64>,
}

impl From<Vec<RecordedOutcome>> for Estimate {
    fn from(outcomes: Vec<RecordedOutcome>) -> Self {
        let mut on_record: BTreeMap<Group, Tally> = BTreeMap::new();
        let mut dearest = Micros::ZERO;
        for outcome in outcomes.iter().filter(|outcome| outcome.judged) {
            dearest = dearest.max(outcome.cost);
            for group in
                groups(&outcome.executor, outcome.model.as_deref(), &outcome.task_type, outcome.complexity)
            {
                on_record.entry(group).or_default().add(outcome);
            }
        }
        Self {
            on_record,
            dearest: dearest.usd(),
            recorded: Tally::default(),
            observed: Tally::default(),
            otherwise: BTreeMap::new(),
        }
    }
}

impl Estimate {
    /// A decision whose outcome is known, and what the component answers to it.
    pub fn take(&mut self, decision: &RecordedDecision, answer: &Value) {
        let Some(outcome) = judged(decision) else { return };
        self.recorded.add(outcome);
        let call = &decision.call;
        let (was, would) = (first_choice(call, &call.answer), first_choice(call, answer));
        if was == would {
            self.observed.add(outcome);
            return;
        }
        let group = would.and_then(|(executor, model)| self.group(&executor, model.as_deref(), outcome));
        *self.otherwise.entry(group).or_default() += 1.0;
    }

    /// A decision that the component failed at: anything could have come of it.
    pub fn failed(&mut self, decision: &RecordedDecision) {
        if let Some(outcome) = judged(decision) {
            self.recorded.add(outcome);
            *self.otherwise.entry(None).or_default() += 1.0;
        }
    }

    /// The narrowest group with enough on record, else the widest with anything.
    fn group(&self, executor: &str, model: Option<&str>, like: &RecordedOutcome) -> Option<Group> {
        let known = |group: &Group| self.on_record.get(group).map_or(0.0, |tally| tally.count);
        let all = groups(executor, model, &like.task_type, like.complexity);
        let enough = all.iter().find(|group| known(group) >= ENOUGH);
        enough.or_else(|| all.iter().rev().find(|group| known(group) > 0.0)).cloned()
    }

    /// The predicted cost and success; `None` without decisions of known outcome.
    pub fn prediction(&self) -> Option<Prediction> {
        let all = self.recorded.count;
        if all == 0.0 {
            return None;
        }
        let mut success = Sum::default();
        let mut cost = Sum::default();
        if self.observed.count > 0.0 {
            success.add(self.observed.success(), self.observed.count / all);
            cost.add(self.observed.mean_cost(self.dearest), self.observed.count / all);
        }
        let (mut estimated, mut unknown) = (0.0, 0.0);
        for (group, count) in &self.otherwise {
            let tally =
                group.as_ref().and_then(|group| self.on_record.get(group)).copied().unwrap_or_default();
            *(if tally.count > 0.0 { &mut estimated } else { &mut unknown }) += count;
            success.add(tally.success(), count / all);
            cost.add(tally.mean_cost(self.dearest), count / all);
        }
        Some(Prediction {
            decisions: whole(all),
            observed: whole(self.observed.count),
            estimated: whole(estimated),
            unknown: whole(unknown),
            recorded_success: self.recorded.good / all,
            success: success.0,
            recorded_cost_usd: self.recorded.cost / all,
            cost_usd: cost.0,
        })
    }
}

/// Groups by their sizes.
struct Sum(Bounds);

impl Default for Sum {
    fn default() -> Self {
        Self(Bounds { low: 0.0, mean: 0.0, high: 0.0 })
    }
}

impl Sum {
    fn add(&mut self, bounds: Bounds, weight: f64) {
        self.0.low += bounds.low * weight;
        self.0.mean += bounds.mean * weight;
        self.0.high += bounds.high * weight;
    }
}

fn judged(decision: &RecordedDecision) -> Option<&RecordedOutcome> {
    decision.outcome.as_ref().filter(|outcome| outcome.judged && decision.call.function == "choose")
}

/// From the narrowest to the widest.
fn groups(executor: &str, model: Option<&str>, task_type: &str, complexity: u8) -> [Group; 3] {
    let (executor, model) = (executor.to_owned(), model.map(str::to_owned));
    // About as hard: light, usual, hard.
    let hard = match complexity {
        0..=3 => 0,
        4..=6 => 1,
        _ => 2,
    };
    let task_type = task_type.to_owned();
    [
        (executor.clone(), model.clone(), Some(task_type.clone()), Some(hard)),
        (executor.clone(), model.clone(), Some(task_type), None),
        (executor, model, None, None),
    ]
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of rows")]
fn whole(count: f64) -> u64 {
    count as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(count: u32, good: u32) -> Tally {
        let (count, good) = (f64::from(count), f64::from(good));
        Tally { count, good, cost: count * 0.1, cost_squared: count * 0.01 }
    }

    #[test]
    fn bounds_of_a_rate_narrow_with_more_observations() {
        let nothing = Tally::default().success();
        assert_eq!((nothing.low, nothing.high), (0.0, 1.0));
        let few = tally(4, 4).success();
        assert!(few.low < 0.55 && few.high > 0.99, "four of four is no certainty: {few:?}");
        let many = tally(400, 300).success();
        assert!(many.low > 0.70 && many.high < 0.79, "{many:?}");
        // Tabulated: Wilson for 300 of 400 is 0.7053 to 0.7899.
        assert!((many.low - 0.7053).abs() < 0.001 && (many.high - 0.7899).abs() < 0.001, "{many:?}");
    }

    #[test]
    fn bounds_of_a_mean_are_exact_for_equal_costs_and_full_without_costs() {
        let same = tally(50, 10).mean_cost(9.0);
        assert!((same.low - 0.1).abs() < 1e-6 && (same.high - 0.1).abs() < 1e-6, "{same:?}");
        let none = Tally::default().mean_cost(9.0);
        assert_eq!((none.low, none.high), (0.0, 9.0));
    }
}
