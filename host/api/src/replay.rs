//! A component tried on decisions that others have made.

use jackfield_types::{PluginRef, Timestamp};
use serde::Serialize;

/// What a component would have decided, and what that would have come to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Replayed {
    /// Who was tried.
    pub component: PluginRef,
    /// Decisions from then on.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub since: Timestamp,
    /// How many were asked again.
    pub decisions: u64,
    /// Of them, how many got the very same answer, to the last word.
    pub exact: u64,
    /// Of them, how many came to the same: the same first choice, the same step, the same text.
    pub same: u64,
    /// By what was asked: choose, next, compress, compare.
    pub functions: Vec<FunctionReplayed>,
    /// What changed, most frequent first.
    pub changes: Vec<ChangedChoice>,
    /// Those that it failed at.
    pub failures: Vec<ReplayFailure>,
    /// What first choices came to, and would have; none: nobody was chosen, or nothing came of it yet.
    pub prediction: Option<Prediction>,
    /// How long it took, milliseconds.
    pub took_ms: u64,
}

/// Agreement on one function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct FunctionReplayed {
    pub function: String,
    pub decisions: u64,
    pub exact: u64,
    pub same: u64,
}

/// One way in which decisions changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ChangedChoice {
    /// What was decided.
    pub from: String,
    /// What would have been.
    pub to: String,
    /// How often.
    pub count: u64,
    /// A task where it did, to look into with `jackfield explain`.
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    pub example: Option<jackfield_types::TaskId>,
}

/// A decision that could not be made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct ReplayFailure {
    pub why: String,
    pub count: u64,
}

/// What first choices came to, and what the component's own would have, from what is on record of like work.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Prediction {
    /// Decisions whose outcome is known.
    pub decisions: u64,
    /// Of them, those where it would have chosen as was chosen: their outcome is what happened.
    pub observed: u64,
    /// Those where it would have chosen another, of whom like work is on record.
    pub estimated: u64,
    /// Those where nothing like it is on record: anything could have come of them, and the bounds say so.
    pub unknown: u64,
    /// Share of work that was good enough, as recorded.
    pub recorded_success: f64,
    /// The same as predicted.
    pub success: Bounds,
    /// Mean cost of an attempt in dollars, as recorded.
    pub recorded_cost_usd: f64,
    /// The same as predicted.
    pub cost_usd: Bounds,
}

/// A figure that is not known exactly: with 95 % confidence it lies between.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Bounds {
    pub low: f64,
    /// The best guess.
    pub mean: f64,
    pub high: f64,
}

/// How a component that is asked on the side compares with what serves.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Shadowed {
    /// Who is asked on the side.
    pub component: PluginRef,
    /// The file in the shadow folder; none: it was taken away since.
    pub file: Option<String>,
    /// Decisions that it was asked about.
    pub decisions: u64,
    /// Of them, how many came to the same.
    pub same: u64,
    /// Of them, how many it failed at.
    pub failed: u64,
    /// What it answered otherwise, most frequent first.
    pub changes: Vec<ChangedChoice>,
}
