//! Tokens, prices and how strong a model is.

use crate::Micros;
use serde::{Deserialize, Serialize};

/// Tokens of one attempt. `input`, `cached_input`, `cache_write` and `output` never overlap;
/// `reasoning` is a part of `output`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Usage {
    /// Read afresh.
    pub input: u64,
    /// Read from the provider's cache.
    pub cached_input: u64,
    /// Written to the provider's cache.
    pub cache_write: u64,
    /// Written by the model, reasoning included.
    pub output: u64,
    /// The part of `output` that was reasoning, where the agent tells.
    pub reasoning: u64,
    /// The agent's own figure for the cost, where it reports one.
    pub cost: Option<Micros>,
    /// True while these figures are a guess.
    pub estimated: bool,
}

impl Usage {
    /// Most tokens of a kind that one attempt is recorded with. No program gets through a thousandth of it.
    pub const MOST: u64 = 1_000_000_000_000;

    /// Whether every figure is one that an attempt can have.
    pub fn is_plausible(&self) -> bool {
        self.bounded() == *self
    }

    /// The same with no figure past [`MOST`](Self::MOST) and no cost outside of what
    /// [`Micros::bounded`] allows. Figures that were cut are estimates.
    #[must_use]
    pub fn bounded(self) -> Self {
        let cut = Self {
            input: self.input.min(Self::MOST),
            cached_input: self.cached_input.min(Self::MOST),
            cache_write: self.cache_write.min(Self::MOST),
            output: self.output.min(Self::MOST),
            reasoning: self.reasoning.min(Self::MOST),
            cost: self.cost.map(Micros::bounded),
            estimated: self.estimated,
        };
        Self { estimated: self.estimated || cut != self, ..cut }
    }

    /// What is known of an attempt once `later`, its next running total, was reported.
    ///
    /// A total that the agent reported never falls: a later report with less in a field is poorer, not
    /// better. An estimate is replaced by a report, down as well as up, but not by a report that has
    /// nothing to say where the estimate had figures: then the estimate stands, marked as one.
    #[must_use]
    pub fn updated(self, later: Self) -> Self {
        if later.total() == 0 && self.total() > 0 {
            let cost = later.cost.filter(|cost| *cost > Micros::ZERO).max(self.cost);
            return Self { cost, estimated: self.estimated, ..self };
        }
        let field = |before: u64, now: u64| if self.estimated && now > 0 { now } else { now.max(before) };
        let merged = Self {
            input: field(self.input, later.input),
            cached_input: field(self.cached_input, later.cached_input),
            cache_write: field(self.cache_write, later.cache_write),
            output: field(self.output, later.output),
            reasoning: field(self.reasoning, later.reasoning),
            cost: later.cost,
            estimated: later.estimated,
        };
        let same_tokens = merged.total() == self.total();
        Self {
            // A cost that was reported stands until tokens come on top that it does not cover.
            cost: if same_tokens || later.cost.is_some() { later.cost.max(self.cost) } else { None },
            // Where a figure of an estimate had to be kept, all of them together are no report.
            estimated: merged.estimated || (self.estimated && merged != later),
            ..merged
        }
    }

    /// All tokens, read and written.
    pub const fn total(&self) -> u64 {
        let read = self.input.saturating_add(self.cached_input);
        read.saturating_add(self.cache_write).saturating_add(self.output)
    }

    /// The tokens of both. A sum has no figure of an agent's own for the cost.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cached_input: self.cached_input.saturating_add(other.cached_input),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            output: self.output.saturating_add(other.output),
            reasoning: self.reasoning.saturating_add(other.reasoning),
            cost: None,
            estimated: self.estimated || other.estimated,
        }
    }
}

/// Micro-dollars per million tokens; what is `None` costs as `input` (cached input, cache write)
/// or `output` (reasoning).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Rates {
    pub input: Micros,
    #[serde(default)]
    pub cached_input: Option<Micros>,
    #[serde(default)]
    pub cache_write: Option<Micros>,
    pub output: Micros,
    #[serde(default)]
    pub reasoning: Option<Micros>,
    /// The day the prices were read, `YYYY-MM-DD`.
    #[serde(default)]
    pub as_of: String,
}

impl Rates {
    /// What `usage` costs, rounded up to a whole micro-dollar.
    pub fn cost(&self, usage: &Usage) -> Micros {
        let reasoning = usage.reasoning.min(usage.output);
        let parts = [
            (usage.input, self.input),
            (usage.cached_input, self.cached_input.unwrap_or(self.input)),
            (usage.cache_write, self.cache_write.unwrap_or(self.input)),
            (usage.output - reasoning, self.output),
            (reasoning, self.reasoning.unwrap_or(self.output)),
        ];
        // Five products of two 63-bit figures fit 128 bits.
        let millionths: u128 = parts
            .iter()
            .map(|(tokens, rate)| u128::from(*tokens).saturating_mul(u128::from(rate.unsigned())))
            .fold(0, u128::saturating_add);
        Micros(i64::try_from(millionths.div_ceil(1_000_000)).unwrap_or(i64::MAX))
    }
}

/// Where a cost came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CostSource {
    /// The agent's own figure.
    Agent,
    /// The operator's configured rates.
    Configured,
    /// The adapter's rates.
    Adapter,
    /// The dated catalogue of list prices that comes with the host.
    Catalogue,
    /// No price is known: charged at the declared ceiling.
    Ceiling,
    /// The executor costs nothing.
    Free,
}

impl CostSource {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Configured => "configured",
            Self::Adapter => "adapter",
            Self::Catalogue => "catalogue",
            Self::Ceiling => "ceiling",
            Self::Free => "free",
        }
    }
}

/// How strong a model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Tier {
    Light,
    Workhorse,
    Strategist,
}

/// How hard the model should think.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Effort {
    Low,
    Medium,
    High,
}

/// What the agent is there for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Role {
    Plan,
    #[default]
    Implement,
    Review,
    Test,
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plan => "plan",
            Self::Implement => "implement",
            Self::Review => "review",
            Self::Test => "test",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sum_of_absurd_figures_saturates() {
        let much = Usage { input: u64::MAX, output: 1, cost: Some(Micros(5)), ..Usage::default() };
        let sum = much.plus(Usage { input: 1, output: 2, estimated: true, ..Usage::default() });
        assert_eq!((sum.input, sum.output, sum.cost, sum.estimated), (u64::MAX, 3, None, true));
        assert_eq!(sum.total(), u64::MAX);
    }

    #[test]
    fn usage_past_all_bounds_is_cut_and_marked_as_estimate() {
        let absurd = Usage { input: u64::MAX, output: 7, cost: Some(Micros(i64::MAX)), ..Usage::default() };
        let cut = absurd.bounded();
        assert_eq!((cut.input, cut.output, cut.cost), (Usage::MOST, 7, Some(Micros::MOST)));
        assert!(cut.estimated && !absurd.is_plausible());
        let negative = Usage { cost: Some(Micros(-1)), ..Usage::default() };
        assert_eq!(negative.bounded().cost, Some(Micros::ZERO));
        let sound = Usage { input: 5, cost: Some(Micros(3)), ..Usage::default() };
        assert!(sound.is_plausible());
    }

    #[test]
    fn reported_usage_never_falls() {
        let told = Usage { input: 100, output: 20, cost: Some(Micros(600)), ..Usage::default() };
        assert_eq!(told.updated(Usage::default()), told, "a report without figures says nothing");
        let poorer = Usage { input: 3, output: 25, ..Usage::default() };
        let merged = told.updated(poorer);
        assert_eq!((merged.input, merged.output, merged.cost), (100, 25, None), "priced by tokens again");
        let cheaper = Usage { cost: Some(Micros(200)), ..told };
        assert_eq!(told.updated(cheaper).cost, Some(Micros(600)));
        let same = Usage { cost: None, ..told };
        assert_eq!(told.updated(same).cost, Some(Micros(600)));
        let guess = Usage { input: 90, output: 30, estimated: true, ..Usage::default() };
        let merged = told.updated(guess);
        assert_eq!((merged.input, merged.output, merged.estimated), (100, 30, true));
    }

    #[test]
    fn estimate_is_replaced_by_reported_usage_but_not_by_none() {
        let guess = Usage { input: 100, output: 1_000, estimated: true, ..Usage::default() };
        let exact = Usage { input: 90, output: 56, cost: Some(Micros(5)), ..Usage::default() };
        assert_eq!(guess.updated(exact), exact);
        assert_eq!(guess.updated(Usage::default()), guess);
        let only_cost = Usage { cost: Some(Micros(7)), ..Usage::default() };
        assert_eq!(guess.updated(only_cost), Usage { cost: Some(Micros(7)), ..guess });
        let no_cost = Usage { cost: Some(Micros::ZERO), ..Usage::default() };
        assert_eq!(guess.updated(no_cost), guess, "no tokens and no cost is no report");
        let half = Usage { output: 56, ..Usage::default() };
        let merged = guess.updated(half);
        assert_eq!((merged.input, merged.output, merged.estimated), (100, 56, true));
        let better_guess = Usage { output: 60, ..guess };
        assert_eq!(guess.updated(better_guess), better_guess);
    }

    #[test]
    fn cost_counts_every_token_once() {
        // The list price of claude-sonnet-4-5 on a recorded answer: $0.005592.
        let rates = Rates {
            input: Micros::dollars(3),
            cached_input: Some(Micros(300_000)),
            cache_write: Some(Micros(3_750_000)),
            output: Micros::dollars(15),
            reasoning: None,
            as_of: String::new(),
        };
        let usage =
            Usage { input: 1234, cache_write: 200, cached_input: 1000, output: 56, ..Usage::default() };
        assert_eq!(rates.cost(&usage), Micros(5_592));
        let thinking = Usage { reasoning: 16, ..usage };
        assert_eq!(rates.cost(&thinking), Micros(5_592), "reasoning is a part of output, not more of it");
    }

    #[test]
    fn fraction_of_a_micro_dollar_is_rounded_up() {
        let rates = Rates {
            input: Micros(1),
            cached_input: None,
            cache_write: None,
            output: Micros(1),
            reasoning: None,
            as_of: String::new(),
        };
        assert_eq!(rates.cost(&Usage { input: 1, ..Usage::default() }), Micros(1));
    }
}
