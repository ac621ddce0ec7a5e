//! What the breaker says: how each limit stands, why something was refused, what an operator did.

use super::limit::{Action, Limit, LimitScope, Period, Scope};
use jackfield_types::{ErrorCode, Micros, Operation, Problem, RunId, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a limit, or the breaker as a whole, stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum BreakerState {
    /// Money flows.
    #[default]
    Closed,
    /// An alerting limit is reached; money flows.
    Alert,
    /// A halting limit is reached, or refused work that still does not fit.
    Halted,
}

impl BreakerState {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Alert => "alert",
            Self::Halted => "halted",
        }
    }
}

impl fmt::Display for BreakerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How one limit stands for one scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct LimitStatus {
    /// As configured.
    pub limit: Limit,
    /// What is counted.
    pub scope: Scope,
    /// `day:2026-11-21`, `month:2026-11` or `ever`.
    pub period: String,
    /// Spent in this period.
    pub spent: Micros,
    /// Held for work in flight, whenever it began.
    pub reserved: Micros,
    /// What an operator allowed on top, for this period only.
    pub allowance: Micros,
    /// What may still be asked for; nothing where it is passed.
    pub left: Micros,
    /// How it stands.
    pub state: BreakerState,
    /// When the period ends; none: never.
    pub resets_at: Option<Timestamp>,
}

/// How the breaker stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct BreakerStatus {
    /// The worst of those that hold for everything; a workspace's or an executor's own limit does
    /// not halt the others.
    pub state: BreakerState,
    /// Every limit, in the order of configuration.
    pub limits: Vec<LimitStatus>,
}

impl BreakerStatus {
    /// What is left of the limits that halt everything in `period`; none: there is no such limit.
    pub fn left(&self, period: Period) -> Option<Micros> {
        self.limits
            .iter()
            .filter(|status| {
                status.scope == Scope::All
                    && status.limit.period == period
                    && status.limit.action == Action::Halt
            })
            .map(|status| status.left)
            .min()
    }
}

/// Why the breaker refused or stopped something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Refusal {
    /// The limit that was in the way.
    pub limit: Limit,
    /// What is counted.
    pub scope: Scope,
    /// `day:2026-11-21`, `month:2026-11` or `ever`.
    pub period: String,
    /// Spent in this period.
    pub spent: Micros,
    /// Held for work in flight.
    pub reserved: Micros,
    /// What an operator allowed on top.
    pub allowance: Micros,
    /// What was asked for.
    pub asked: Micros,
    /// When the period ends; none: never.
    pub resets_at: Option<Timestamp>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = match &self.limit.scope {
            LimitScope::All => String::new(),
            LimitScope::Workspace(_) => " of this workspace".to_owned(),
            LimitScope::Executor(name) => format!(" of {name}"),
            LimitScope::Token(name) => format!(" of the token '{name}'"),
            LimitScope::Writes(name) => format!(" of the work that the token '{name}' records"),
            LimitScope::EachTask => " of a task".to_owned(),
            LimitScope::EachRun => " of a run".to_owned(),
        };
        write!(
            f,
            "the {} limit{whose} is {}: {} spent, {} held for work in flight, and this needs up to {}",
            self.limit.period.adjective(),
            raised(self.limit.amount, self.allowance),
            self.spent,
            self.reserved,
            self.asked,
        )
    }
}

impl Refusal {
    /// For the person who was refused.
    pub fn problem(&self) -> Problem {
        let problem = Problem::operator(ErrorCode::BudgetExhausted, self.to_string(), self.remedy());
        match (&self.limit.scope, self.limit.period) {
            // An operator can change these while the host runs.
            (LimitScope::All, Period::Day) => {
                problem.with(Operation::RaiseBreaker).with(Operation::ResetBreaker)
            }
            (LimitScope::All, _) => problem.with(Operation::ResetBreaker),
            _ => problem,
        }
    }

    fn remedy(&self) -> String {
        let in_flight = "wait until work in flight is done";
        let wait = match self.resets_at {
            Some(at) if self.reserved > Micros::ZERO => {
                format!("{in_flight} or the limit resets at {at}")
            }
            Some(at) => format!("wait until the limit resets at {at}"),
            None if self.reserved > Micros::ZERO => in_flight.to_owned(),
            None => "this limit never resets".to_owned(),
        };
        let key = match (&self.limit.scope, self.limit.period) {
            // It is the caller's own, and nobody else can raise it.
            (LimitScope::EachRun, _) => {
                return "ask again with a higher max_cost_usd: it is the run's own limit, which raising the breaker does \
                        not raise"
                    .to_owned();
            }
            (LimitScope::Writes(_), _) => {
                return format!(
                    "{wait}; or raise breaker.write_day_usd in jackfield.toml, or record it with a token of the scope admin"
                );
            }
            (LimitScope::All, Period::Day) => {
                return format!("{wait}; or raise or reset the breaker");
            }
            (LimitScope::All, _) => "breaker.month_usd".to_owned(),
            (LimitScope::Workspace(_), _) => "breaker.workspace_day_usd".to_owned(),
            (LimitScope::Executor(name), _) => format!("breaker.executor_day_usd.{name}"),
            (LimitScope::Token(name), _) => format!("breaker.token_day_usd.{name}"),
            (LimitScope::EachTask, _) => "breaker.task_usd".to_owned(),
        };
        let reset = if self.limit.scope == LimitScope::All { ", or reset the breaker" } else { "" };
        format!("{wait}; or raise {key} in jackfield.toml{reset}")
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        refusal.problem()
    }
}

/// A limit, with what of it an operator allowed on top.
fn raised(amount: Micros, allowance: Micros) -> String {
    let all = amount + allowance;
    if allowance > Micros::ZERO {
        format!("{all} ({allowance} of it allowed on top)")
    } else {
        all.to_string()
    }
}

impl LimitStatus {
    /// How much there is of it, with what of it an operator allowed on top, for a person.
    pub fn amount(&self) -> String {
        raised(self.limit.amount, self.allowance)
    }
}

/// An operator says what a run really cost.
#[derive(Debug, Clone)]
pub struct Correction {
    /// Which run. It has ended.
    pub run: RunId,
    /// What it cost in all.
    pub cost: Micros,
    /// Who says so.
    pub principal: String,
    /// Why.
    pub reason: String,
}

/// What a correction came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Corrected {
    /// Which run.
    pub run: RunId,
    /// What was recorded before.
    pub was: Micros,
    /// What is recorded now.
    pub cost: Micros,
    /// The limits as they are now.
    pub limits: Vec<LimitStatus>,
}

/// An operator allows more.
#[derive(Debug, Clone)]
pub struct Raise {
    /// Whose limit.
    pub scope: Scope,
    /// Which of its limits.
    pub period: Period,
    /// How much more, until this period ends.
    pub by: Micros,
    /// Who did it.
    pub principal: String,
    /// Why.
    pub reason: String,
}

/// An operator lets the limits of a scope begin anew before their time.
#[derive(Debug, Clone)]
pub struct Reset {
    /// Whose limits.
    pub scope: Scope,
    /// Who did it.
    pub principal: String,
    /// Why.
    pub reason: String,
}

/// What became of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Charged {
    /// It was within what was reserved.
    Within,
    /// It was not, and so much more is held for it now.
    Extended(Micros),
    /// It was not, and there is no more: end the attempt. What was spent is recorded all the same.
    Stop(Box<Refusal>),
}
