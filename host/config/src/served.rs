//! The components that would serve, by name.

use super::check::Fault;
use std::collections::BTreeSet;

/// The components that would serve, by name.
#[derive(Debug, Clone, Default)]
pub struct Served {
    /// Executors.
    pub executors: BTreeSet<String>,
    /// Choosers.
    pub choosers: BTreeSet<String>,
    /// Components that have gates.
    pub gates: BTreeSet<String>,
    /// Kinds of gates, of all of them.
    pub gate_kinds: BTreeSet<String>,
    /// What executors do not take of their settings: every attempt would fail at it.
    pub unfit_settings: Vec<Fault>,
}
