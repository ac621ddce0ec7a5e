//! What the host says about plugins before any is loaded: where they lie, what each may use, what it
//! is granted, and what happens when one misbehaves.
//!
//! [`Limits`] has no default: every figure is written down by whoever opens the plugins, so no store
//! can be made without them.

use crate::apart::Apart;
use crate::report::PluginEvent;
use jackfield_types::{Clock, PluginKind};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Who is told of every change. Called from background threads; must not block.
pub type Observer = Arc<dyn Fn(PluginEvent) + Send + Sync>;

/// Everything that [`Plugins::open`](crate::Plugins::open) needs to know.
pub struct Options {
    /// The host's own folder: components by digest, compiled code, and what was learnt about both.
    pub data: PathBuf,
    /// Where the operator drops `.wasm` files. Created where it is missing.
    pub drop_folder: PathBuf,
    /// The shipped components. They carry their grants.
    pub embedded: Vec<Embedded>,
    /// What each call may use.
    pub limits: KindLimits,
    /// What dropped-in components were granted by the configuration.
    pub grants: Grants,
    /// What may be in service at all.
    pub service: Service,
    /// What serves a call that a component has failed.
    pub failure_modes: FailureModes,
    /// The name of the chooser that serves; none: the most recently dropped, else the embedded one.
    pub chooser: Option<String>,
    /// How many calls may run at once; as many adapters may be alive at once beside them. More wait.
    pub instances: u32,
    /// Whether memory is handed on by scanning what was touched.
    pub memory_scan: MemoryScan,
    /// Bytes of memory that all components at work may have together: half of it calls, half of it attempts. At
    /// least twice what the largest component may have.
    pub memory_bytes: u64,
    /// How dropped components are compiled in a process of their own; none: in this one.
    pub apart: Option<Arc<dyn Apart>>,
    /// Traps or deadlines in a row after which a version is put away. At least 1.
    pub strikes: u32,
    /// How many times as long a new version may take for its calls, in the middle, as the one before it; past
    /// that it is put away. 0: however long.
    pub slowdown: u32,
    /// Who is told of every change.
    pub observer: Observer,
    /// Where the time of events comes from.
    pub clock: Arc<dyn Clock>,
}

/// What may be in service at all. By default whatever is sound, and nothing is written down.
#[derive(Debug, Clone, Default)]
pub struct Service {
    /// Where the digests of what serves are written at every swap.
    pub lock: Option<PathBuf>,
    /// Nothing else serves than what that file says; it is not written then.
    pub locked: bool,
    /// What this process does about the lock of others.
    pub lock_use: LockUse,
    /// Where any are listed, what is dropped in must be signed by one of these Ed25519 keys (64 hexadecimal
    /// digits each).
    pub keys: Vec<String>,
}

/// What a process does about the lock that holds for all processes over the same data folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LockUse {
    /// Decides for all: where it is locked, others are; where it is not, the lock of one that has ended is lifted.
    #[default]
    Decide,
    /// Heeds the lock of others, and writes down what serves where there is none.
    Heed,
    /// Heeds it, and writes nothing down: it is there for a look.
    Look,
}

/// A component that comes with the host.
#[derive(Debug, Clone)]
pub struct Embedded {
    /// The component's binary.
    pub bytes: Cow<'static, [u8]>,
}

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

/// What a component may ask the host to do in its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Grant {
    /// Programs that an adapter may have started.
    pub programs: BTreeSet<String>,
    /// Environment names whose values may reach those programs.
    pub environment: BTreeSet<String>,
    /// Interfaces of the host that a component may call beyond `log`: `evidence`, for a gate.
    pub imports: BTreeSet<String>,
}

impl Grant {
    /// What is asked for here and not in `granted`.
    pub fn beyond(&self, granted: &Self) -> Self {
        Self {
            programs: self.programs.difference(&granted.programs).cloned().collect(),
            environment: self.environment.difference(&granted.environment).cloned().collect(),
            imports: self.imports.difference(&granted.imports).cloned().collect(),
        }
    }

    /// What is asked for here and in `granted` too.
    #[must_use]
    pub fn within(&self, granted: &Self) -> Self {
        self.beyond(&self.beyond(granted))
    }

    /// Everything that either has.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            programs: self.programs.union(&other.programs).cloned().collect(),
            environment: self.environment.union(&other.environment).cloned().collect(),
            imports: self.imports.union(&other.imports).cloned().collect(),
        }
    }

    /// Nothing at all.
    pub fn is_empty(&self) -> bool {
        self.programs.is_empty() && self.environment.is_empty() && self.imports.is_empty()
    }

    /// What of this no component can ask for, in words for the operator.
    pub fn fault(&self, name: &str) -> Option<String> {
        crate::contract::granted_name(name)
            .err()
            .or_else(|| {
                let fault = |one: &String| crate::contract::program_name(one).err();
                self.programs.iter().find_map(fault)
            })
            .or_else(|| {
                let fault = |one: &String| crate::contract::variable_name(one).err();
                self.environment.iter().find_map(fault)
            })
            .or_else(|| {
                let unknown = self.imports.iter().find(|one| *one != crate::component_parser::EVIDENCE);
                unknown.map(|one| format!("the import {one:?} cannot be granted: there is `evidence`"))
            })
    }

    /// Each list with its key in the configuration.
    const fn lists(&self) -> [(&'static str, &BTreeSet<String>); 3] {
        [("programs", &self.programs), ("environment", &self.environment), ("imports", &self.imports)]
    }

    /// The line that grants all of this to `name`, as written under `[grants]` in the configuration.
    pub fn line(&self, kind: PluginKind, name: &str) -> String {
        let list = |names: &BTreeSet<String>| {
            let quoted: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
            format!("[{}]", quoted.join(", "))
        };
        let parts: Vec<_> = self
            .lists()
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(key, names)| format!("{key} = {}", list(names)))
            .collect();
        format!("{kind}.{name} = {{ {} }}", parts.join(", "))
    }
}

/// Grants by kind and name: `[grants]` in the configuration, `executor.claude = { programs = ["claude"] }`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grants(pub BTreeMap<PluginKind, BTreeMap<String, Grant>>);

impl Grants {
    /// What one component was granted.
    pub fn of(&self, kind: PluginKind, name: &str) -> Grant {
        self.0.get(&kind).and_then(|names| names.get(name)).cloned().unwrap_or_default()
    }
}

/// What serves a call that a component has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureMode {
    /// Nothing: the call fails.
    Fail,
    /// The last good version of the same component, else the embedded one.
    Previous,
    /// The embedded component.
    Builtin,
}

/// The failure mode of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FailureModes {
    /// For planning a command. An attempt that has begun always fails: its adapter has state.
    pub executor: FailureMode,
    /// For `choose` and `next`.
    pub chooser: FailureMode,
    /// For `compress`.
    pub compressor: FailureMode,
    /// For `compare` and `rate`.
    pub judge: FailureMode,
    /// For `evaluate`.
    pub gate: FailureMode,
}

impl Default for FailureModes {
    fn default() -> Self {
        Self {
            executor: FailureMode::Fail,
            chooser: FailureMode::Builtin,
            compressor: FailureMode::Builtin,
            judge: FailureMode::Builtin,
            gate: FailureMode::Builtin,
        }
    }
}

/// Whether a component's memory is cleaned, for the next one, by asking the kernel which pages were
/// touched. It makes a fresh instance several times cheaper, but it does not see pages that were
/// swapped out, so the next component could read them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemoryScan {
    /// Where this process cannot be swapped out.
    #[default]
    Auto,
    /// Not at all.
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_grants_names_what_is_missing_and_nothing_else() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let asked = Grant {
            programs: set(&["claude", "npx"]),
            environment: set(&["KEY"]),
            imports: set(&["evidence"]),
        };
        let granted = Grant { programs: set(&["claude"]), ..Grant::default() };
        let missing = asked.beyond(&granted);
        assert_eq!(
            missing.line(PluginKind::Executor, "claude"),
            r#"executor.claude = { programs = ["npx"], environment = ["KEY"], imports = ["evidence"] }"#
        );
        assert!(asked.beyond(&asked).is_empty());
    }

    #[test]
    fn a_grant_that_no_component_can_ask_for_is_a_fault() {
        let set = |name: &str| std::collections::BTreeSet::from([name.to_owned()]);
        let fault = |grant: Grant| grant.fault("agy").unwrap_or_default();
        let fine = Grant { programs: set("agy"), environment: set("KEY"), imports: set("evidence") };
        assert_eq!(fine.fault("agy"), None);
        assert!(fine.fault("no such").unwrap().contains("\"no such\" is not 1 to 64 of a-z, 0-9 and '-'"));
        let programs = set("../x");
        assert!(fault(Grant { programs, ..Grant::default() }).contains("\"../x\" is not a plain name"));
        let environment = set("A=B");
        assert!(fault(Grant { environment, ..Grant::default() }).contains("not the name of an environment"));
        let imports = set("network");
        assert!(fault(Grant { imports, ..Grant::default() }).contains("\"network\" cannot be granted"));
    }

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
