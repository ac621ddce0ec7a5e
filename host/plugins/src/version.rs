//! One version of one component, from the moment it passed its checks.

use crate::code::Code;
use crate::component_parser;
use crate::error::Violation;
use crate::facts::{compressing, driving, gating};
use crate::grants::Grant;
use crate::limits::{KindLimits, Limits};
use crate::pace::Pace;
use crate::stats::{Figures, Stats};
use arc_swap::ArcSwap;
use jackfield_types::{Digest, PluginRef, Timestamp};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// Everything that was learnt about a component when it was checked. Holds for its bytes for ever,
/// so it is kept beside the compiled code and not asked for again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ComponentMetadata {
    pub(crate) plugin: PluginRef,
    pub(crate) summary: String,
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
    pub(crate) offers: Offers,
    /// An executor that runs the instruction as a command: by its own word, or by what it starts where its contract
    /// does not ask.
    pub(crate) runs_as_command: bool,
}

/// What its kind offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Offers {
    Driving(driving::Description),
    Choosing,
    Compressing(Vec<compressing::Level>),
    /// The dimensions that it rates on.
    Judging(Vec<String>),
    /// The kinds of gates that it has.
    Gating(Vec<gating::GateKind>),
}

impl ComponentMetadata {
    /// Programs, environment names and interfaces that it asks for.
    pub(crate) fn asks(&self) -> Grant {
        let imports = component_parser::to_be_granted(&self.imports);
        let described = self.description().map_or_else(Grant::default, |description| Grant {
            programs: description.programs.iter().map(|program| program.name.clone()).collect(),
            environment: description.environment.iter().map(|variable| variable.name.clone()).collect(),
            ..Grant::default()
        });
        Grant { imports, ..described }
    }

    pub(crate) const fn description(&self) -> Option<&driving::Description> {
        match &self.offers {
            Offers::Driving(description) => Some(description),
            _ => None,
        }
    }

    pub(crate) fn levels(&self) -> &[compressing::Level] {
        match &self.offers {
            Offers::Compressing(levels) => levels,
            _ => &[],
        }
    }

    pub(crate) fn dimensions(&self) -> &[String] {
        match &self.offers {
            Offers::Judging(dimensions) => dimensions,
            _ => &[],
        }
    }

    pub(crate) fn gates(&self) -> &[gating::GateKind] {
        match &self.offers {
            Offers::Gating(kinds) => kinds,
            _ => &[],
        }
    }

    /// Whether it offers a level, or a kind of gate, of that name.
    pub(crate) fn offers(&self, name: &str) -> bool {
        match &self.offers {
            Offers::Compressing(levels) => levels.iter().any(|level| level.name == name),
            Offers::Gating(kinds) => kinds.iter().any(|kind| kind.name == name),
            Offers::Driving(_) | Offers::Choosing | Offers::Judging(_) => false,
        }
    }
}

/// A component that can be called.
pub(crate) struct Version {
    pub(crate) metadata: ComponentMetadata,
    /// The file it was dropped in; none: embedded.
    pub(crate) file: Option<PathBuf>,
    /// The higher, the later it came.
    pub(crate) order: u64,
    pub(crate) since: Timestamp,
    pub(crate) limits: Limits,
    /// What its log lines go under.
    pub(crate) label: Arc<str>,
    code: ArcSwap<Code>,
    away: AtomicBool,
    stats: Arc<Stats>,
    pub(crate) pace: Pace,
    strikes: AtomicU32,
    /// How often in a row it chose nobody where somebody could have been.
    nobody: AtomicU32,
}

impl Version {
    pub(crate) fn new(
        metadata: ComponentMetadata,
        code: Code,
        file: Option<PathBuf>,
        order: u64,
        limits: &KindLimits,
        since: Timestamp,
    ) -> Self {
        let PluginRef { kind, name, version, .. } = &metadata.plugin;
        Self {
            limits: *limits.of(*kind, name),
            label: format!("{kind} {name} {version}").into(),
            metadata,
            file,
            order,
            since,
            code: ArcSwap::from_pointee(code),
            away: AtomicBool::new(false),
            stats: Arc::default(),
            pace: Pace::default(),
            strikes: AtomicU32::new(0),
            nobody: AtomicU32::new(0),
        }
    }

    pub(crate) const fn plugin(&self) -> &PluginRef {
        &self.metadata.plugin
    }

    pub(crate) const fn digest(&self) -> Digest {
        self.metadata.plugin.digest
    }

    /// Whether it was dropped in this file.
    pub(crate) fn is_from(&self, file: &Path) -> bool {
        self.file.as_deref() == Some(file)
    }

    /// The best code there is of it now.
    pub(crate) fn code(&self) -> Arc<Code> {
        self.code.load_full()
    }

    /// The same version goes on in better code.
    pub(crate) fn improve(&self, code: Code) {
        self.code.store(Arc::new(code));
    }

    /// Counted from now on with what the same version did before.
    pub(crate) fn counted(self, stats: Arc<Stats>) -> Self {
        Self { stats, ..self }
    }

    /// Held to the pace of the version whose place it takes.
    pub(crate) fn paced(self, before: Option<&Self>) -> Self {
        Self { pace: before.map(|before| Pace::after(&before.pace)).unwrap_or_default(), ..self }
    }

    pub(crate) fn figures(&self) -> Figures {
        self.stats.figures()
    }

    /// One call went well, took so long, and had so much memory.
    pub(crate) fn did_well(&self, took: Duration, memory: u64) {
        self.stats.answered(took, memory);
        if self.strikes.load(Ordering::Relaxed) != 0 {
            self.strikes.store(0, Ordering::Relaxed);
        }
    }

    /// One call went wrong; how many have in a row, of those that tell against the version. An answer
    /// that breaks its contract fails its own call only.
    pub(crate) fn did_wrong(&self, violation: &Violation) -> u32 {
        self.stats.failed(violation);
        match violation {
            // The second is no fault of its own.
            Violation::Contract(_) | Violation::Crowded { .. } => 0,
            _ => self.strikes.fetch_add(1, Ordering::Relaxed) + 1,
        }
    }

    /// It chose nobody where somebody could have been; how often in a row.
    pub(crate) fn chose_nobody(&self) -> u32 {
        self.nobody.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn chose_somebody(&self) {
        self.nobody.store(0, Ordering::Relaxed);
    }

    /// The most memory that one call had, bytes; 0 where none was answered.
    pub(crate) fn peak_memory(&self) -> u64 {
        self.stats.peak()
    }

    /// Puts it away; true for the first who does.
    pub(crate) fn put_away(&self) -> bool {
        !self.away.swap(true, Ordering::SeqCst)
    }

    pub(crate) fn is_away(&self) -> bool {
        self.away.load(Ordering::SeqCst)
    }
}
