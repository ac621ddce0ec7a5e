//! Limits of each call of a component.
//!
//! [`Limits`] has no default: the caller that opens the plugins gives every figure, so no instance runs without limits.

use jackfield_types::PluginKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What one call of a component may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "CallLimits"))]
pub struct Limits {
    /// Bytes of memory: the sum over all memories and tables.
    pub memory_bytes: u64,
    /// Time in the component's own code. Past it the call is ended with a trap.
    pub cpu: Duration,
    /// Time from the beginning to the end of a call, whatever it was spent on.
    pub wall: Duration,
    /// Bytes of the answer, as lifted out of the component.
    pub output_bytes: u64,
    /// Bytes of log lines; what goes past is dropped.
    pub log_bytes: u64,
    /// Number of log lines; what goes past is dropped.
    pub log_lines: u32,
    /// How often a gate may ask for evidence. Past it the call is ended.
    pub host_calls: u32,
    /// Bytes of evidence that it may be given. Past it the call is ended.
    pub host_bytes: u64,
}

/// The limits of each kind, and of single components where they differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindLimits {
    /// For each call of an adapter (one `feed` is one call).
    pub executor: Limits,
    /// For each call of a chooser.
    pub chooser: Limits,
    /// For each call of a compressor.
    pub compressor: Limits,
    /// For each call of a judge.
    pub judge: Limits,
    /// For each call of a gate.
    pub gate: Limits,
    /// Components that have limits of their own.
    #[serde(default)]
    pub own: BTreeMap<PluginKind, BTreeMap<String, Limits>>,
}

impl KindLimits {
    /// Generous for Rust components, enough for ones in JavaScript or Python.
    pub fn generous() -> Self {
        let limits = |memory_mib: u64, cpu_ms, output_mib: u64| Limits {
            memory_bytes: memory_mib << 20,
            cpu: Duration::from_millis(cpu_ms),
            wall: Duration::from_millis(cpu_ms * 5),
            output_bytes: output_mib << 20,
            log_bytes: 64 << 10,
            log_lines: 200,
            host_calls: 25_000,
            host_bytes: 256 << 20,
        };
        Self {
            executor: limits(256, 2_000, 16),
            chooser: limits(128, 500, 1),
            compressor: limits(128, 1_000, 4),
            // It is given whole diffs, one for each result.
            judge: limits(256, 2_000, 4),
            // It reads files, and waits for the disk.
            gate: limits(128, 2_000, 1),
            own: BTreeMap::new(),
        }
    }

    /// The limits of one component.
    pub fn of(&self, kind: PluginKind, name: &str) -> &Limits {
        let of_kind = match kind {
            PluginKind::Executor => &self.executor,
            PluginKind::Compressor => &self.compressor,
            PluginKind::Judge => &self.judge,
            PluginKind::Chooser => &self.chooser,
            PluginKind::Gate => &self.gate,
        };
        self.own.get(&kind).and_then(|own| own.get(name)).unwrap_or(of_kind)
    }

    /// The most memory that any component may have.
    pub(crate) fn most_memory(&self) -> u64 {
        let own = self.own.values().flat_map(BTreeMap::values);
        let kinds = [&self.executor, &self.chooser, &self.compressor, &self.judge, &self.gate];
        kinds.into_iter().chain(own).map(|limits| limits.memory_bytes).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_has_its_own_limits_where_they_were_given() {
        let mut limits = KindLimits::generous();
        let own = Limits { memory_bytes: 1 << 30, ..limits.chooser };
        limits.own.entry(PluginKind::Chooser).or_default().insert("big".to_owned(), own);
        assert_eq!(limits.of(PluginKind::Chooser, "big"), &own);
        assert_eq!(limits.of(PluginKind::Chooser, "other"), &limits.chooser);
        assert_eq!(limits.most_memory(), 1 << 30);
    }
}
