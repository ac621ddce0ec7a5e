//! `plugins.lock`: the sha256 of every component in service, by kind and name. Written at every swap; with
//! `locked`, read and never written, and nothing else serves.
//!
//! The lock is recorded beside it, in a file that a locked host holds while it runs. Every other
//! process over the data folder heeds it, whatever its own configuration says, until a host that decides for all
//! is started without the lock.

use crate::error::PluginError;
use crate::files::write_whole;
use crate::options::LockUse;
use jackfield_types::{Digest, PluginKind, PluginRef};
use parking_lot::Mutex;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

const HEAD: &str = "# Written by Jackfield at every swap: what serves, by the sha256 of its component.\n\
                    # With plugins.locked = true, nothing else does.\n";

/// Extension of the file that records the lock.
const MARK: &str = "locked";

type Served = BTreeMap<PluginKind, BTreeMap<String, Digest>>;

/// What serves, on the disk.
pub(crate) struct LockFile {
    path: Option<PathBuf>,
    lock_use: LockUse,
    /// What the file says, where this host was told that nothing else may serve.
    locked: Option<Served>,
    /// Held for as long as this host lives, so that no other lifts the lock meanwhile.
    _held: Option<File>,
    written: Mutex<Option<Served>>,
}

impl LockFile {
    /// # Errors
    /// Where `locked` is set and the file is not there or cannot be read, or the lock cannot be kept or lifted.
    pub(crate) fn open(path: Option<PathBuf>, locked: bool, lock_use: LockUse) -> Result<Self, PluginError> {
        let fixed = match (&path, locked) {
            (Some(path), true) => Some(read(path).map_err(PluginError::Locked)?),
            (None, true) => return Err(PluginError::Locked("no lock file is named".to_owned())),
            (_, false) => None,
        };
        let mut held = None;
        if let (Some(path), LockUse::Decide) = (&path, lock_use) {
            let mark = path.with_extension(MARK);
            let failed = |source| PluginError::Io { what: "failed to lock", path: mark.clone(), source };
            if locked {
                held = Some(hold(&mark).map_err(failed)?);
            } else if !lift(&mark).map_err(failed)? {
                tracing::warn!(
                    "another process on this data folder serves with plugins.locked = true: only the components of {} serve here",
                    path.display()
                );
            }
        }
        Ok(Self { path, lock_use, locked: fixed, _held: held, written: Mutex::default() })
    }

    /// This host was told that nothing else may serve.
    pub(crate) const fn is_ordered(&self) -> bool {
        self.locked.is_some()
    }

    /// This host decides for all over the data folder.
    pub(crate) fn decides(&self) -> bool {
        self.lock_use == LockUse::Decide
    }

    /// What may serve, where that is locked now: by this host's configuration, or by another over the same folder.
    fn locked(&self) -> Option<Cow<'_, Served>> {
        if let Some(locked) = &self.locked {
            return Some(Cow::Borrowed(locked));
        }
        let path = self.path.as_ref().filter(|path| path.with_extension(MARK).exists())?;
        Some(Cow::Owned(read(path).unwrap_or_else(|why| {
            tracing::warn!("the components are locked, and no new one is loaded: {why}");
            Served::new()
        })))
    }

    /// Why a component may not serve, where it may not.
    pub(crate) fn bars(&self, plugin: &PluginRef) -> Option<String> {
        const LIFT: &str = "start the host once with plugins.locked = false";
        let locked = self.locked()?;
        let PluginRef { kind, name, digest, .. } = plugin;
        let there = locked.get(kind).and_then(|names| names.get(name));
        match there {
            Some(locked) if locked == digest => None,
            Some(locked) => Some(format!(
                "the components are locked, and plugins.lock has {} for {kind} {name}; {LIFT} to load this one",
                locked.short()
            )),
            None => Some(format!(
                "the components are locked, and plugins.lock has no {kind} {name}; {LIFT} to load it"
            )),
        }
    }

    /// Writes down what serves now, if that is something else than before.
    pub(crate) fn record(&self, serving: impl FnOnce() -> Vec<PluginRef>) {
        let Some(path) = self.path.as_ref().filter(|_| self.lock_use != LockUse::Look) else { return };
        // Held while the slots are read, so that the last to write has seen the last change.
        let mut written = self.written.lock();
        if self.locked().is_some() {
            return;
        }
        let mut now = Served::new();
        for PluginRef { kind, name, digest, .. } in serving() {
            now.entry(kind).or_default().insert(name, digest);
        }
        if written.as_ref() == Some(&now) {
            return;
        }
        let text = toml::to_string(&now).map_err(io::Error::other);
        match text.and_then(|text| write_whole(path, format!("{HEAD}\n{text}").as_bytes())) {
            Ok(()) => *written = Some(now),
            Err(error) => tracing::warn!("{} is not up to date: {error}", path.display()),
        }
    }
}

fn read(path: &Path) -> Result<Served, String> {
    let failed = |why: String| format!("{} cannot be used: {why}", path.display());
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    toml::from_str(&text).map_err(|error| failed(error.message().to_owned()))
}

/// Records the lock, and keeps others from lifting it.
fn hold(mark: &Path) -> io::Result<File> {
    loop {
        let file = File::options().create(true).append(true).open(mark)?;
        file.lock_shared()?;
        // Whoever lifted the lock just now took the file with it.
        if mark.exists() {
            return Ok(file);
        }
    }
}

/// Lifts the lock; false: another process holds it.
fn lift(mark: &Path) -> io::Result<bool> {
    let file = match File::options().append(true).open(mark) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) => fs::remove_file(mark).map(|()| true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
