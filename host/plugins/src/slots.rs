//! Who serves. A slot is a kind and a name; the embedded component is its base, and dropped ones lie
//! on top of it, the newest uppermost.
//!
//! Invariants: what serves is the uppermost version that was not put away; a call sees one whole
//! [`Served`], taken once; taking a file's versions off uncovers what lies beneath.

use crate::facts::{compressing, gating};
use crate::options::FailureMode;
use crate::orders::Orders;
use crate::version::{ComponentMetadata, Version};
use jackfield_types::{PluginKind, PluginRef};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Versions of one slot that are kept beneath the one that serves.
const BENEATH: usize = 3;

/// Versions that are remembered by name only.
const BEFORE: usize = 50;

/// Every slot.
#[derive(Default)]
pub(crate) struct Slots {
    slots: BTreeMap<(PluginKind, String), Slot>,
    order: u64,
}

#[derive(Default)]
struct Slot {
    embedded: Option<Arc<Version>>,
    dropped: Vec<Arc<Version>>,
    before: Vec<PluginRef>,
}

impl Slot {
    fn serving(&self) -> Option<&Arc<Version>> {
        self.dropped.iter().rev().find(|version| !version.is_away()).or(self.embedded.as_ref())
    }

    fn remember(&mut self, served: Option<Arc<Version>>) {
        if let (Some(served), now) = (served, self.serving())
            && now.is_none_or(|now| now.digest() != served.digest())
        {
            self.before.push(served.plugin().clone());
            let over = self.before.len().saturating_sub(BEFORE);
            self.before.drain(..over);
        }
    }
}

impl Slots {
    /// A number higher than any before.
    pub(crate) const fn next_order(&mut self) -> u64 {
        self.order += 1;
        self.order
    }

    /// Puts a version in its slot; what served there until now.
    pub(crate) fn put(&mut self, version: Arc<Version>) -> Option<Arc<Version>> {
        let PluginRef { kind, name, .. } = version.plugin().clone();
        if let Some(file) = version.file.clone() {
            self.take_off_others(&file, kind, &name);
        }
        let slot = self.slots.entry((kind, name)).or_default();
        let until_now = slot.serving().cloned();
        if version.file.is_some() {
            slot.dropped.push(version);
            let over = slot.dropped.len().saturating_sub(BENEATH + 1);
            slot.dropped.drain(..over);
        } else {
            slot.embedded = Some(version);
        }
        slot.remember(until_now.clone());
        until_now
    }

    /// A file that now holds another kind or name no longer stands for the one before.
    fn take_off_others(&mut self, file: &Path, kind: PluginKind, name: &str) {
        for ((its_kind, its_name), slot) in &mut self.slots {
            if *its_kind != kind || its_name != name {
                slot.dropped.retain(|version| !version.is_from(file));
            }
        }
    }

    /// Takes off everything that came in a file: which served, and what serves in its place.
    pub(crate) fn take_off(&mut self, file: &Path) -> Vec<(Arc<Version>, Option<Arc<Version>>)> {
        let mut gone = Vec::new();
        for slot in self.slots.values_mut() {
            let until_now = slot.serving().cloned();
            slot.dropped.retain(|version| !version.is_from(file));
            let now = slot.serving().cloned();
            if let Some(served) = until_now.clone()
                && served.is_from(file)
            {
                gone.push((served, now));
            }
            slot.remember(until_now);
        }
        gone
    }

    /// What serves in the slot of a version now.
    pub(crate) fn serving(&self, kind: PluginKind, name: &str) -> Option<&Arc<Version>> {
        self.slots.get(&(kind, name.to_owned())).and_then(Slot::serving)
    }

    /// The embedded component of a slot.
    pub(crate) fn embedded(&self, kind: PluginKind, name: &str) -> Option<&Arc<Version>> {
        self.slots.get(&(kind, name.to_owned())).and_then(|slot| slot.embedded.as_ref())
    }

    /// Every embedded component.
    pub(crate) fn all_embedded(&self) -> impl Iterator<Item = &Arc<Version>> {
        self.slots.values().filter_map(|slot| slot.embedded.as_ref())
    }

    /// What served in a slot before, oldest first.
    pub(crate) fn before(&self, kind: PluginKind, name: &str) -> &[PluginRef] {
        self.slots.get(&(kind, name.to_owned())).map_or(&[], |slot| &slot.before)
    }

    /// Who answers in the place of a version that failed. `offering` is the level that a compressor, or the
    /// kind that a gate must offer.
    pub(crate) fn instead_of(
        &self,
        failed: &Version,
        mode: FailureMode,
        offering: Option<&str>,
    ) -> Option<Arc<Version>> {
        let PluginRef { kind, name, .. } = failed.plugin();
        let fits = |version: &&Arc<Version>| {
            let offered = |name: &str| version.metadata.offers(name);
            version.order != failed.order && !version.is_away() && offering.is_none_or(offered)
        };
        let slot = self.slots.get(&(*kind, name.clone()))?;
        let previous = || slot.dropped.iter().rev().filter(|version| version.order < failed.order).find(fits);
        let own = || slot.embedded.iter().find(fits);
        // Choosers, compressors, judges and gates of any name can stand in for each other; an executor drives its
        // own program and no other.
        let any = || {
            let same_kind = |version: &&Arc<Version>| version.plugin().kind == *kind;
            (*kind != PluginKind::Executor)
                .then(|| self.all_embedded().filter(same_kind).find(fits))
                .flatten()
        };
        match mode {
            FailureMode::Fail => None,
            FailureMode::Previous => previous().or_else(own).or_else(any).cloned(),
            FailureMode::Builtin => own().or_else(any).cloned(),
        }
    }

    /// What new calls see from now on. What the operator pinned last is asked before all others, then the
    /// configured chooser.
    pub(crate) fn served(&self, chooser: Option<&str>, orders: &Orders) -> Served {
        let mut served = Served::default();
        let mut serving: Vec<_> = self.slots.values().filter_map(Slot::serving).collect();
        // The later one came, the later it has its say, so the last one said stands. Embedded ones
        // came first.
        let rank = |version: &Version| orders.rank(version.plugin());
        serving.sort_by_key(|version| (rank(version), version.file.is_some(), version.order));
        for version in serving {
            let PluginRef { kind, name, .. } = version.plugin();
            match kind {
                PluginKind::Executor => {
                    served.executors.insert(name.clone(), version.clone());
                }
                PluginKind::Chooser => {
                    let named = |version: &Arc<Version>| chooser == Some(&*version.plugin().name);
                    if rank(version).is_some() || !served.chooser.as_ref().is_some_and(named) {
                        served.chooser = Some(version.clone());
                    }
                }
                PluginKind::Compressor => {
                    for level in version.metadata.levels() {
                        served.levels.insert(level.name.clone(), (level.clone(), version.clone()));
                    }
                }
                PluginKind::Judge => served.judge = Some(version.clone()),
                PluginKind::Gate => {
                    for kind in version.metadata.gates() {
                        served.gates.insert(kind.name.clone(), (kind.clone(), version.clone()));
                    }
                }
            }
        }
        served
    }

    /// What serves, of every kind and name.
    pub(crate) fn all_serving(&self) -> impl Iterator<Item = PluginRef> {
        self.slots.values().filter_map(Slot::serving).map(|version| version.plugin().clone())
    }

    /// Every version that serves or lies beneath one that does.
    pub(crate) fn versions(&self) -> impl Iterator<Item = (&Arc<Version>, bool)> {
        self.slots.values().flat_map(|slot| {
            let serving = slot.serving().map(|version| version.order);
            let all = slot.embedded.iter().chain(&slot.dropped);
            all.map(move |version| (version, serving == Some(version.order)))
        })
    }
}

/// What calls see: taken whole, once for each call.
#[derive(Default)]
pub(crate) struct Served {
    pub(crate) executors: BTreeMap<String, Arc<Version>>,
    pub(crate) chooser: Option<Arc<Version>>,
    pub(crate) levels: BTreeMap<String, (compressing::Level, Arc<Version>)>,
    pub(crate) judge: Option<Arc<Version>>,
    pub(crate) gates: BTreeMap<String, (gating::GateKind, Arc<Version>)>,
}

impl Served {
    /// The decisions that a version is asked for, in words: `choose`, `compare`, `level brief`, `gate build`, ...
    pub(crate) fn asked_for(&self, version: &Version) -> Vec<String> {
        let is = |one: &Arc<Version>| one.order == version.order;
        let several = |named: &[&str]| named.iter().map(|name| (*name).to_owned()).collect();
        match version.plugin().kind {
            PluginKind::Chooser if self.chooser.as_ref().is_some_and(is) => several(&["choose", "next"]),
            PluginKind::Judge if self.judge.as_ref().is_some_and(is) => several(&["compare", "rate"]),
            PluginKind::Chooser | PluginKind::Judge => Vec::new(),
            PluginKind::Executor => {
                let own = self.executors.iter().filter(|(_, one)| is(one));
                own.map(|(name, _)| format!("executor {name}")).collect()
            }
            PluginKind::Compressor => {
                let own = self.levels.iter().filter(|(_, (_, one))| is(one));
                own.map(|(name, _)| format!("level {name}")).collect()
            }
            PluginKind::Gate => {
                let own = self.gates.iter().filter(|(_, (_, one))| is(one));
                own.map(|(name, _)| format!("gate {name}")).collect()
            }
        }
    }

    /// Who is asked now for what a component offers.
    pub(crate) fn asked_instead_of(&self, metadata: &ComponentMetadata) -> Option<Arc<Version>> {
        match metadata.plugin.kind {
            PluginKind::Executor => None,
            PluginKind::Chooser => self.chooser.clone(),
            PluginKind::Judge => self.judge.clone(),
            PluginKind::Compressor => {
                let mut levels = metadata.levels().iter();
                levels.find_map(|level| self.levels.get(&level.name).map(|(_, version)| version.clone()))
            }
            PluginKind::Gate => {
                let mut gates = metadata.gates().iter();
                gates.find_map(|gate| self.gates.get(&gate.name).map(|(_, version)| version.clone()))
            }
        }
    }
}
