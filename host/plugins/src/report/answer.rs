//! Answers of components, and who gave them.

use super::state::Compiled;
use jackfield_types::{PluginRef, Timestamp};
use serde::{Deserialize, Serialize};

/// An answer, and who gave it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Called<T> {
    /// The answer.
    pub value: T,
    /// Who gave it.
    pub plugin: PluginRef,
    /// How long the call took, in microseconds, waiting for a place not counted.
    pub micros: u64,
    /// What the component's random numbers came from.
    pub seed: u64,
    /// Where the component's clock stood. With the seed and the facts, the call replays.
    pub now: Timestamp,
    /// What the component told the log meanwhile: whom it passed over and why, for example.
    pub notes: Vec<String>,
    /// What a gate looked at of the evidence.
    pub looked_at: Vec<String>,
    /// Set where another component was asked first and failed.
    pub instead: Option<Instead>,
}

/// The component that should have served a call, and how it failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instead {
    /// Which.
    pub failed: PluginRef,
    /// What it did.
    pub error: String,
}

/// What one function of a component said, asked on the side with facts that a person wrote.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Said {
    /// Who said it.
    pub plugin: PluginRef,
    /// The function, as the WIT names it.
    pub function: &'static str,
    /// The answer, in the words of the WIT.
    pub answer: serde_json::Value,
    /// How long the call took, in microseconds, a fresh instance included.
    pub micros: u64,
    /// Bytes of all its memories and tables at the end of the call.
    pub memory_bytes: u64,
    /// How the code that answered was made.
    pub compiled: Compiled,
    /// What it told the log meanwhile.
    pub notes: Vec<String>,
    /// Where its clock stood.
    pub now: Timestamp,
    /// What its random numbers came from.
    pub seed: u64,
}
