//! What the operator has said by command: what components were granted, and which versions are pinned. Kept
//! in one file of the host's own folder, so that every process over that folder heeds the same.
//!
//! Invariants: the file is whole or not there; whoever changes it reads it first, one at a time; a file
//! that cannot be read changes nothing that is in force.

use crate::error::PluginError;
use crate::files::write_whole;
use crate::grants::{Grant, Grants};
use jackfield_types::{Digest, PluginKind, PluginRef};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

const FILE: &str = "orders.toml";
const LOCK: &str = ".lock";
const HEAD: &str = "# Written when a component is granted something, pinned or rolled back.\n";

/// What the operator has said by command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Orders {
    /// What was granted, on top of the configuration.
    pub grants: Grants,
    /// The one version of a component that may serve.
    pub pins: BTreeMap<PluginKind, BTreeMap<String, Digest>>,
    /// Names of pinned components, the one that was pinned last at the end: where several could be asked, it is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub asked: BTreeMap<PluginKind, Vec<String>>,
}

impl Orders {
    /// The version that a component is pinned to.
    pub fn pin(&self, kind: PluginKind, name: &str) -> Option<Digest> {
        self.pins.get(&kind)?.get(name).copied()
    }

    pub(crate) fn all_pins(&self) -> Vec<(PluginKind, String, Digest)> {
        let of_kind = |(kind, names): (&PluginKind, &BTreeMap<String, Digest>)| {
            names.iter().map(|(name, digest)| (*kind, name.clone(), *digest)).collect::<Vec<_>>()
        };
        self.pins.iter().flat_map(of_kind).collect()
    }

    pub(crate) fn grant(&mut self, kind: PluginKind, name: &str, grant: &Grant) {
        let granted = self.grants.0.entry(kind).or_default().entry(name.to_owned()).or_default();
        *granted = granted.and(grant);
    }

    /// True: there was something to take back.
    pub(crate) fn revoke(&mut self, kind: PluginKind, name: &str) -> bool {
        remove(&mut self.grants.0, kind, name)
    }

    pub(crate) fn set_pin(&mut self, kind: PluginKind, name: &str, digest: Digest) {
        self.pins.entry(kind).or_default().insert(name.to_owned(), digest);
        let asked = self.asked.entry(kind).or_default();
        asked.retain(|one| one != name);
        asked.push(name.to_owned());
    }

    /// The higher, the later it was pinned; none: this version is not.
    pub(crate) fn rank(&self, plugin: &PluginRef) -> Option<usize> {
        let pinned = self.pin(plugin.kind, &plugin.name) == Some(plugin.digest);
        // Where it was pinned before there was an order, it is below all others.
        let place =
            self.asked.get(&plugin.kind).and_then(|asked| asked.iter().position(|one| *one == plugin.name));
        pinned.then(|| place.map_or(0, |place| place + 1))
    }

    /// True: it was pinned.
    pub(crate) fn unpin(&mut self, kind: PluginKind, name: &str) -> bool {
        if let Some(asked) = self.asked.get_mut(&kind) {
            asked.retain(|one| one != name);
        }
        self.asked.retain(|_, asked| !asked.is_empty());
        remove(&mut self.pins, kind, name)
    }
}

fn remove<T>(from: &mut BTreeMap<PluginKind, BTreeMap<String, T>>, kind: PluginKind, name: &str) -> bool {
    let Some(names) = from.get_mut(&kind) else { return false };
    let was_there = names.remove(name).is_some();
    if names.is_empty() {
        from.remove(&kind);
    }
    was_there
}

/// The file, and what it said last.
pub(crate) struct OrderBook {
    folder: PathBuf,
    heard: RwLock<Orders>,
}

impl OrderBook {
    pub(crate) fn open(folder: PathBuf) -> Result<Self, PluginError> {
        let book = Self { folder, heard: RwLock::default() };
        *book.heard.write() = book.read()?;
        Ok(book)
    }

    /// Where a change of the orders can be watched.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn now(&self) -> Orders {
        self.heard.read().clone()
    }

    /// Reads the file again; true where it says something else.
    pub(crate) fn heed(&self) -> bool {
        match self.read() {
            Ok(orders) => {
                let mut heard = self.heard.write();
                let changed = *heard != orders;
                *heard = orders;
                changed
            }
            Err(error) => {
                tracing::warn!("what the operator ordered before stays in force: {error}");
                false
            }
        }
    }

    /// Changes the file; what it says then is in force here at once.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Orders) -> T) -> Result<T, PluginError> {
        let path = self.folder.join(LOCK);
        let failed = |source| PluginError::Io { what: "cannot lock", path: path.clone(), source };
        let lock = File::create(&path).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut orders = self.read()?;
        let changed = change(&mut orders);
        let path = self.folder.join(FILE);
        let failed = |source| PluginError::Io { what: "cannot write", path: path.clone(), source };
        let text = toml::to_string(&orders).map_err(|error| failed(io::Error::other(error)))?;
        write_whole(&path, format!("{HEAD}{text}").as_bytes()).map_err(failed)?;
        *self.heard.write() = orders;
        Ok(changed)
    }

    fn read(&self) -> Result<Orders, PluginError> {
        let path = self.folder.join(FILE);
        let failed = |source| PluginError::Io { what: "cannot read", path: path.clone(), source };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Orders::default()),
            Err(error) => return Err(failed(error)),
        };
        toml::from_str(&text).map_err(|error| failed(io::Error::other(error.message().to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_kept_and_two_processes_do_not_undo_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().to_owned(), folder.path().to_owned());
        let (one, other) = (OrderBook::open(one).unwrap(), OrderBook::open(other).unwrap());
        let grant = Grant { programs: ["agy".to_owned()].into(), ..Grant::default() };
        one.change(|orders| orders.grant(PluginKind::Executor, "agy", &grant)).unwrap();
        let digest = crate::files::digest_of(b"one");
        other.change(|orders| orders.set_pin(PluginKind::Chooser, "mine", digest)).unwrap();
        assert!(one.heed() && !one.heed(), "told once");
        assert_eq!(one.now(), other.now());
        assert_eq!(one.now().pin(PluginKind::Chooser, "mine"), Some(digest));
        assert_eq!(one.now().grants.of(PluginKind::Executor, "agy"), grant);
        assert!(one.change(|orders| orders.unpin(PluginKind::Chooser, "mine")).unwrap());
        assert!(!one.change(|orders| orders.unpin(PluginKind::Chooser, "mine")).unwrap());

        std::fs::write(folder.path().join(FILE), "grants = 7").unwrap();
        assert!(!other.heed(), "what cannot be read changes nothing");
        assert!(other.change(|_| ()).is_err(), "and is not written over");
    }
}
