//! The steps of a component into service, and how its code was made.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a component is on its way into service, or out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemas", schemars(rename = "PluginState"))]
pub enum State {
    /// The file is still being written.
    Settling,
    /// Is it signed by whom the operator trusts?
    CheckingSignature,
    /// Is it a whole component?
    Parsing,
    /// Does it export exactly one world that this host knows?
    CheckingWorld,
    /// Is every import there?
    Linking,
    /// Was everything that it asks for granted?
    CheckingGrants,
    /// Made into machine code.
    Compiling,
    /// Asked who it is, and given the sample cases of its kind.
    SelfCheck,
    /// New calls go to it.
    Serving,
    /// Not taken; what served before goes on serving.
    Rejected,
    /// Sound, and waiting for the operator to grant what it asks for.
    Held,
    /// Misbehaved in service, and is not taken again.
    Quarantined,
    /// Not in service: replaced, or its file was taken away.
    Retired,
}

impl State {
    /// As shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settling => "settling",
            Self::CheckingSignature => "checking signature",
            Self::Parsing => "parsing",
            Self::CheckingWorld => "checking world",
            Self::Linking => "linking",
            Self::CheckingGrants => "checking grants",
            Self::Compiling => "compiling",
            Self::SelfCheck => "self-check",
            Self::Serving => "serving",
            Self::Rejected => "rejected",
            Self::Held => "held",
            Self::Quarantined => "quarantined",
            Self::Retired => "retired",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a component was made into machine code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Compiled {
    /// Quickly, to be in service at once.
    Baseline,
    /// Well.
    Optimised,
}

/// How long one step took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct StepTime {
    /// The step.
    pub step: State,
    /// Microseconds.
    pub micros: u64,
}
