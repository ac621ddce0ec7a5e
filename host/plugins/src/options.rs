//! What the host says about plugins before any is loaded: where they lie, what each may use, what it
//! is granted, and what happens when one misbehaves.

use crate::apart::Apart;
use crate::grants::Grants;
use crate::limits::KindLimits;
use crate::report::PluginEvent;
use jackfield_types::Clock;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

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
