//! How each version of each component has done since this host began: calls, what went wrong, how long they
//! took, and the most memory that one had.
//!
//! Counting takes no lock. What is no longer in service stays counted, up to a bound, so that a figure that
//! was read once never shrinks while people look at it.

use crate::error::Violation;
use jackfield_types::PluginRef;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the buckets of a call's duration, microseconds; one more is for all above.
pub const LATENCY_BOUNDS: [u64; 15] =
    [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_000_000, 10_000_000];

/// Versions that stay counted.
const KEPT: usize = 500;

/// The counters of one version.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    calls: AtomicU64,
    traps: AtomicU64,
    deadlines: AtomicU64,
    limits: AtomicU64,
    contracts: AtomicU64,
    micros: AtomicU64,
    buckets: [AtomicU64; LATENCY_BOUNDS.len() + 1],
    memory: AtomicU64,
}

impl Stats {
    /// One call was answered.
    pub(crate) fn answered(&self, took: Duration, memory: u64) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
        let bucket = LATENCY_BOUNDS.partition_point(|bound| *bound < micros);
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.memory.fetch_max(memory, Ordering::Relaxed);
    }

    /// One call was not.
    pub(crate) fn failed(&self, violation: &Violation) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let counter = match violation {
            Violation::Trapped { .. } => &self.traps,
            Violation::Cpu(_) | Violation::Wall(_) => &self.deadlines,
            Violation::Memory { .. }
            | Violation::Crowded { .. }
            | Violation::Output(_)
            | Violation::Argument(_)
            | Violation::HostCalls(_) => &self.limits,
            Violation::Contract(_) => &self.contracts,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if let Violation::Memory { limits, .. } = violation {
            self.memory.fetch_max(limits.memory_bytes, Ordering::Relaxed);
        }
    }

    /// The most memory that one call had, bytes.
    pub(crate) fn peak(&self) -> u64 {
        self.memory.load(Ordering::Relaxed)
    }

    pub(crate) fn figures(&self) -> Figures {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Figures {
            calls: read(&self.calls),
            traps: read(&self.traps),
            deadlines: read(&self.deadlines),
            limits: read(&self.limits),
            contracts: read(&self.contracts),
            micros: read(&self.micros),
            buckets: self.buckets.iter().map(read).collect(),
            peak_memory_bytes: read(&self.memory),
        }
    }
}

/// How one version has done since this host began.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Figures {
    /// Calls that it was given.
    pub calls: u64,
    /// Calls that ended in a trap.
    pub traps: u64,
    /// Calls that ran past a deadline, on the processor or on the clock.
    pub deadlines: u64,
    /// Calls that went past another limit: memory, the answer's size, evidence asked for.
    pub limits: u64,
    /// Answers that broke the contract.
    pub contracts: u64,
    /// What the answered calls took together, microseconds.
    pub micros: u64,
    /// How many answered calls took at most [`LATENCY_BOUNDS`] each, and longer than the bound before.
    pub buckets: Vec<u64>,
    /// The most memory that one call had, bytes.
    pub peak_memory_bytes: u64,
}

impl Figures {
    /// Calls that it failed, whatever the reason.
    pub const fn failures(&self) -> u64 {
        self.traps + self.deadlines + self.limits + self.contracts
    }

    /// A duration that so many of a thousand answered calls kept within, microseconds: the bound of their
    /// bucket. Nothing where none was answered, or where it lies above all bounds.
    pub fn within(&self, of_thousand: u64) -> Option<u64> {
        let answered: u64 = self.buckets.iter().sum();
        let wanted = answered.saturating_mul(of_thousand).div_ceil(1000);
        let mut seen = 0;
        let found = LATENCY_BOUNDS.iter().zip(&self.buckets).find(|(_, count)| {
            seen += **count;
            seen >= wanted
        });
        found.filter(|_| answered > 0).map(|(bound, _)| *bound)
    }
}

/// One version with its figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Which.
    pub plugin: PluginRef,
    /// How it has done.
    pub figures: Figures,
}

/// The counters of every version, in service or not any more.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<VecDeque<(PluginRef, Arc<Stats>)>>);

impl Tally {
    /// The counters of a version: those that it had, where it served before.
    pub(crate) fn of(&self, plugin: &PluginRef) -> Arc<Stats> {
        let mut all = self.0.lock();
        if let Some((_, stats)) = all.iter().find(|(known, _)| known == plugin) {
            return Arc::clone(stats);
        }
        let stats = Arc::new(Stats::default());
        all.push_back((plugin.clone(), Arc::clone(&stats)));
        if all.len() > KEPT {
            // The oldest that nobody counts on any more.
            let unused = all.iter().position(|(_, stats)| Arc::strong_count(stats) == 1);
            unused.and_then(|at| all.remove(at));
        }
        stats
    }

    pub(crate) fn all(&self) -> Vec<Counted> {
        let all = self.0.lock();
        all.iter()
            .map(|(plugin, stats)| Counted { plugin: plugin.clone(), figures: stats.figures() })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_what_came_of_them_and_how_long_they_took() {
        let stats = Stats::default();
        for micros in [5, 10, 11, 700] {
            stats.answered(Duration::from_micros(micros), micros * 1000);
        }
        stats.failed(&Violation::Trapped { trap: "x".to_owned(), last_words: None });
        stats.failed(&Violation::Contract("x".to_owned()));
        let figures = stats.figures();
        assert_eq!((figures.calls, figures.failures(), figures.traps, figures.contracts), (6, 2, 1, 1));
        assert_eq!(figures.buckets.iter().sum::<u64>(), 4);
        assert_eq!((figures.micros, figures.peak_memory_bytes), (726, 700_000));
        assert_eq!((figures.within(500), figures.within(990)), (Some(10), Some(1_000)));
        assert_eq!(Figures::default().within(500), None);
        stats.answered(Duration::from_secs(60), 0);
        assert_eq!(stats.figures().within(1000), None, "it lies above all bounds");
    }
}
