//! What every part of this crate shares: the engines, the slots, the files seen, and how a change is
//! published and told.
//!
//! Invariants: `served` is what the slots say, and is replaced whole while they are held; nothing
//! that answers a call waits for a lock that loading holds across work.

use crate::background::Background;
use crate::compile::{Cache, Origin};
use crate::dropped::Dropped;
use crate::engine::Engines;
use crate::error::PluginError;
use crate::examine::Examiner;
use crate::folder::Folder;
use crate::grants::{Grant, Grants};
use crate::limits::KindLimits;
use crate::lock::LockFile;
use crate::options::{FailureModes, Observer, Options};
use crate::orders::OrderBook;
use crate::report::{Change, PluginEvent, Replaces, StepTime};
use crate::signature::Keys;
use crate::slots::{Served, Slots};
use crate::stats::Tally;
use crate::version::{ComponentMetadata, Offers, Version};
use crate::views::Views;
use arc_swap::ArcSwap;
use jackfield_types::{Clock, Digest, PluginKind, PluginRef};
use parking_lot::{Mutex, RwLock};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// The inside of [`Plugins`](crate::Plugins).
pub(crate) struct PluginManager {
    pub(crate) drop_folder: PathBuf,
    pub(crate) limits: KindLimits,
    pub(crate) failure_modes: FailureModes,
    pub(crate) strikes: u32,
    pub(crate) slowdown: u32,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) engines: Arc<Engines>,
    pub(crate) cache: Arc<Cache>,
    pub(crate) folder: Folder,
    /// What the configuration grants.
    pub(crate) grants: RwLock<Grants>,
    pub(crate) orders: OrderBook,
    pub(crate) lock: LockFile,
    pub(crate) keys: Keys,
    pub(crate) tally: Tally,
    pub(crate) files: Mutex<BTreeMap<PathBuf, Dropped>>,
    /// Held by whoever loads, so that one file is taken at a time.
    pub(crate) loading: tokio::sync::Mutex<()>,
    /// All that was there at the beginning has been looked at.
    pub(crate) opened: AtomicBool,
    /// Since when the drop folder is not there, where it is not.
    pub(crate) missing: Mutex<Option<Instant>>,
    pub(crate) views: Views,
    /// Optimisation of code.
    pub(crate) background: Background,
    chooser: Option<String>,
    observer: Observer,
    slots: Mutex<Slots>,
    served: ArcSwap<Served>,
}

impl PluginManager {
    pub(crate) fn build(options: Options) -> Result<Self, PluginError> {
        let folder = Folder::open(&options.data)?;
        std::fs::create_dir_all(&options.drop_folder).map_err(|source| PluginError::Io {
            what: "cannot create",
            path: options.drop_folder.clone(),
            source,
        })?;
        let orders = OrderBook::open(folder.orders.clone())?;
        let keys = Keys::read(&options.service.keys)?;
        let views = Views::of(folder.views.clone());
        let lock = LockFile::open(options.service.lock, options.service.locked, options.service.lock_use)?;
        let engines =
            Engines::new(&options.limits, options.instances, options.memory_scan, options.memory_bytes)?;
        let engines = Arc::new(engines);
        let cache = Arc::new(Cache::open(&folder, &engines, options.apart)?);
        Ok(Self {
            drop_folder: options.drop_folder,
            limits: options.limits,
            failure_modes: options.failure_modes,
            strikes: options.strikes.max(1),
            slowdown: options.slowdown,
            clock: options.clock,
            engines,
            cache,
            folder,
            grants: RwLock::new(options.grants),
            orders,
            lock,
            keys,
            tally: Tally::default(),
            files: Mutex::default(),
            loading: tokio::sync::Mutex::default(),
            opened: AtomicBool::new(false),
            missing: Mutex::default(),
            views,
            background: Background::start("plugin-optimiser")?,
            chooser: options.chooser,
            observer: options.observer,
            slots: Mutex::default(),
            served: ArcSwap::default(),
        })
    }

    pub(crate) fn examiner(&self, origin: Origin) -> Examiner<'_> {
        let (engines, cache, limits, now) = (&self.engines, &self.cache, &self.limits, self.clock.now());
        Examiner { engines, cache, limits, now, origin }
    }

    /// What a call that begins now sees.
    pub(crate) fn served(&self) -> Arc<Served> {
        self.served.load_full()
    }

    /// Looks at the slots.
    pub(crate) fn slots<T>(&self, look: impl FnOnce(&Slots) -> T) -> T {
        look(&self.slots.lock())
    }

    /// Changes the slots, and with them what new calls see.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Slots) -> T) -> T {
        let mut slots = self.slots.lock();
        let changed = change(&mut slots);
        self.served.store(Arc::new(slots.served(self.chooser.as_deref(), &self.orders.now())));
        changed
    }

    /// What a component asks for beyond what it was granted, by the operator or as the very component that is
    /// shipped.
    pub(crate) fn ungranted(&self, metadata: &ComponentMetadata) -> Grant {
        metadata.asks().beyond(&self.granted(&metadata.plugin))
    }

    /// What a component is granted: by the operator under its kind and name, and what it asks for where it is the
    /// shipped one to the last byte. A name alone carries nothing of what is shipped under it.
    pub(crate) fn granted(&self, plugin: &PluginRef) -> Grant {
        let PluginRef { kind, name, digest, .. } = plugin;
        let granted = self.granted_by_operator(*kind, name);
        let shipped = self.slots(|slots| {
            let embedded = slots.embedded(*kind, name).filter(|embedded| embedded.digest() == *digest);
            embedded.map_or_else(Grant::default, |embedded| embedded.metadata.asks())
        });
        granted.and(&shipped)
    }

    /// What the configuration and the commands grant under a kind and name, whichever component has it.
    pub(crate) fn granted_by_operator(&self, kind: PluginKind, name: &str) -> Grant {
        self.grants.read().of(kind, name).and(&self.orders.now().grants.of(kind, name))
    }

    /// What would serve no more if that component did: the one of its kind and name, or what it would be asked
    /// instead of.
    pub(crate) fn replaces(&self, metadata: &ComponentMetadata) -> Option<Replaces> {
        let plugin = &metadata.plugin;
        let another = |version: &&Arc<Version>| version.digest() != plugin.digest;
        let (own, embedded) = self.slots(|slots| {
            let serving = slots.serving(plugin.kind, &plugin.name).filter(another);
            let own = serving.or_else(|| slots.embedded(plugin.kind, &plugin.name).filter(another));
            let own = own.map(|version| version.plugin().clone());
            (own, slots.all_embedded().map(|version| version.digest()).collect::<Vec<_>>())
        });
        let served = self.served();
        let outranked = || match &metadata.offers {
            Offers::Driving(_) => None,
            Offers::Choosing => served.chooser.clone(),
            Offers::Judging(_) => served.judge.clone(),
            Offers::Compressing(levels) => levels
                .iter()
                .find_map(|level| served.levels.get(&level.name))
                .map(|(_, version)| version.clone()),
            Offers::Gating(kinds) => {
                kinds.iter().find_map(|kind| served.gates.get(&kind.name)).map(|(_, version)| version.clone())
            }
        };
        let replaced = own.or_else(|| outranked().map(|version| version.plugin().clone()))?;
        let shipped = embedded.contains(&replaced.digest);
        (replaced.digest != plugin.digest).then_some(Replaces { plugin: replaced, shipped })
    }

    /// Why a component may not serve though it is sound, where it may not.
    pub(crate) fn barred(&self, plugin: &PluginRef) -> Option<String> {
        let PluginRef { kind, name, digest, .. } = plugin;
        let pinned = self.orders.now().pin(*kind, name).filter(|pin| pin != digest).map(|pin| {
            format!("{kind} {name} is pinned to {}; unpin it to let another version serve", pin.short())
        });
        pinned.or_else(|| self.lock.bars(plugin))
    }

    /// Writes down what serves now. Not before all that is there has been looked at: half of it is none.
    pub(crate) fn write_lock(&self) {
        if self.opened.load(Ordering::SeqCst) {
            self.lock.record(|| self.slots(|slots| slots.all_serving().collect()));
        }
    }

    pub(crate) fn tell(&self, event: PluginEvent) {
        tracing::info!(
            target: "plugin",
            change = %event.change,
            kind = event.kind.map(tracing::field::display),
            name = event.name.as_deref(),
            "{}", event.why
        );
        (self.observer)(event);
    }

    /// An event about a component that is known.
    pub(crate) fn event(&self, change: Change, plugin: &PluginRef, why: String) -> PluginEvent {
        PluginEvent {
            at: self.clock.now(),
            change,
            kind: Some(plugin.kind),
            name: Some(plugin.name.clone()),
            version: Some(plugin.version.clone()),
            file: None,
            from: None,
            to: Some(plugin.digest),
            why,
            steps: Vec::new(),
        }
    }

    /// An event about a file whose component may not be known yet.
    pub(crate) fn file_event(
        &self,
        change: Change,
        file: &Path,
        plugin: Option<&PluginRef>,
        digest: Option<Digest>,
        why: String,
        steps: Vec<StepTime>,
    ) -> PluginEvent {
        PluginEvent {
            at: self.clock.now(),
            change,
            kind: plugin.map(|plugin| plugin.kind),
            name: plugin.map(|plugin| plugin.name.clone()),
            version: plugin.map(|plugin| plugin.version.clone()),
            file: Some(file.to_owned()),
            from: None,
            to: digest,
            why,
            steps,
        }
    }
}
