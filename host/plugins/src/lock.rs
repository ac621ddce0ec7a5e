//! `plugins.lock`: the sha256 of every component in service, by kind and name. Written at every swap; with
//! `locked`, read and never written, and nothing else serves.

use crate::error::PluginError;
use crate::folder::write_whole;
use jackfield_types::{Digest, PluginKind, PluginRef};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::PathBuf;

const HEAD: &str = "# Written by Jackfield at every swap: what serves, by the sha256 of its component.\n\
                    # With plugins.locked = true, or `serve --locked`, nothing else does.\n";

type Served = BTreeMap<PluginKind, BTreeMap<String, Digest>>;

/// What serves, on the disk.
pub(crate) struct LockFile {
    path: Option<PathBuf>,
    /// What the file says, where nothing else may serve.
    locked: Option<Served>,
    written: Mutex<Option<Served>>,
}

impl LockFile {
    /// # Errors
    /// Where `locked` is set and the file is not there or cannot be read.
    pub(crate) fn open(path: Option<PathBuf>, locked: bool) -> Result<Self, PluginError> {
        let read = |path: &PathBuf| {
            let failed =
                |why: String| PluginError::Locked(format!("{} cannot be used: {why}", path.display()));
            let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
            toml::from_str(&text).map_err(|error| failed(error.message().to_owned()))
        };
        let locked = match (&path, locked) {
            (Some(path), true) => Some(read(path)?),
            (None, true) => return Err(PluginError::Locked("no lock file is named".to_owned())),
            (_, false) => None,
        };
        Ok(Self { path, locked, written: Mutex::default() })
    }

    /// Why a component may not serve, where it may not.
    pub(crate) fn bars(&self, plugin: &PluginRef) -> Option<String> {
        let locked = self.locked.as_ref()?;
        let PluginRef { kind, name, digest, .. } = plugin;
        let there = locked.get(kind).and_then(|names| names.get(name));
        match there {
            Some(locked) if locked == digest => None,
            Some(locked) => Some(format!(
                "what serves is locked, and plugins.lock has {} for {kind} {name}; start once without `--locked` \
                 (plugins.locked) to take this one",
                locked.short()
            )),
            None => Some(format!(
                "what serves is locked, and plugins.lock has no {kind} {name}; start once without `--locked` \
                 (plugins.locked) to take it"
            )),
        }
    }

    /// Writes down what serves now, if that is something else than before.
    pub(crate) fn record(&self, serving: impl FnOnce() -> Vec<PluginRef>) {
        let (Some(path), None) = (&self.path, &self.locked) else { return };
        // Held while the slots are read, so that the last to write has seen the last change.
        let mut written = self.written.lock();
        let mut now = Served::new();
        for PluginRef { kind, name, digest, .. } in serving() {
            now.entry(kind).or_default().insert(name, digest);
        }
        if written.as_ref() == Some(&now) {
            return;
        }
        let text = toml::to_string(&now).map_err(std::io::Error::other);
        match text.and_then(|text| write_whole(path, format!("{HEAD}\n{text}").as_bytes())) {
            Ok(()) => *written = Some(now),
            Err(error) => tracing::warn!("{} is not up to date: {error}", path.display()),
        }
    }
}
