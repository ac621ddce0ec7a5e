//! Components into machine code, through the cache.
//!
//! Code of the better engine is used wherever it lies ready; otherwise the quick engine makes some
//! at once and the better code follows from the background. What did not come with the host is compiled
//! apart, where that is possible: a compiler that a file has sent astray takes nobody with it.

use crate::apart::{Apart, NotCompiled};
use crate::code::Code;
use crate::code_file::CodeFile;
use crate::engine::{Engines, Tier};
use crate::error::PluginError;
use crate::folder::Folder;
use crate::report::Compiled;
use jackfield_types::{Digest, PluginKind};
use sha2::{Digest as _, Sha256};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use wasmtime::component::Component;

/// How long the code of a component stays that was looked at and never dropped: as long as its author may be
/// at work on it. One in JavaScript takes 37 MB.
const STRANGERS_STAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The caches of both engines.
pub(crate) struct Cache {
    optimised: PathBuf,
    baseline: PathBuf,
    apart: Option<Arc<dyn Apart>>,
    made: AtomicU64,
}

/// Where a component came from, which says how far its bytes are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It came with the host.
    Shipped,
    /// Somebody dropped it, or wants it looked at.
    Foreign,
}

/// A component that is to become code.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) kind: PluginKind,
    pub(crate) digest: Digest,
    pub(crate) bytes: &'a [u8],
    pub(crate) origin: Origin,
}

impl Cache {
    pub(crate) fn open(
        folder: &Folder,
        engines: &Engines,
        apart: Option<Arc<dyn Apart>>,
    ) -> Result<Self, PluginError> {
        let place = |tier: &Tier| folder.compiled(&compatibility(tier));
        let (optimised, baseline) = (place(&engines.optimised)?, place(&engines.baseline)?);
        for place in [&optimised, &baseline] {
            folder.forget_strangers(place, STRANGERS_STAY);
        }
        Ok(Self { optimised, baseline, apart, made: AtomicU64::new(0) })
    }

    /// Where things that hold for one build of this host may be kept beside its code.
    pub(crate) fn beside(&self, digest: Digest, extension: &str) -> PathBuf {
        self.optimised.join(format!("{digest}.{extension}"))
    }

    fn file(&self, digest: Digest, compiled: Compiled) -> CodeFile {
        CodeFile::of(self.place(compiled), digest, compiled)
    }

    fn place(&self, compiled: Compiled) -> &Path {
        match compiled {
            Compiled::Optimised => &self.optimised,
            Compiled::Baseline => &self.baseline,
        }
    }

    /// The best code that is ready, or code made at once. Takes milliseconds to seconds: not for a thread
    /// that others wait for.
    pub(crate) fn quickest(&self, engines: &Engines, source: Source<'_>) -> wasmtime::Result<Code> {
        for compiled in [Compiled::Optimised, Compiled::Baseline] {
            if let Some(component) = self.ready(engines.tier(compiled), source.digest, compiled) {
                return Code::link(engines.tier(compiled), compiled, source.kind, &component);
            }
        }
        self.make(engines, source, Compiled::Baseline).or_else(|error| {
            if let Some(NotCompiled::Exhausted(_)) = error.downcast_ref() {
                return Err(error);
            }
            // The quick compiler does not know every proposal that the other one does.
            tracing::debug!("no baseline code for {}: {error:#}", source.digest.short());
            self.make(engines, source, Compiled::Optimised)
        })
    }

    /// Makes the better code, and keeps it.
    pub(crate) fn best(&self, engines: &Engines, source: Source<'_>) -> wasmtime::Result<Code> {
        match self.ready(&engines.optimised, source.digest, Compiled::Optimised) {
            Some(component) => Code::link(&engines.optimised, Compiled::Optimised, source.kind, &component),
            None => self.make(engines, source, Compiled::Optimised),
        }
    }

    fn make(&self, engines: &Engines, source: Source<'_>, compiled: Compiled) -> wasmtime::Result<Code> {
        let tier = engines.tier(compiled);
        let code = match &self.apart {
            Some(apart) if source.origin == Origin::Foreign => {
                self.apart(apart.as_ref(), source, compiled)?
            }
            _ => tier.engine.precompile_component(source.bytes)?,
        };
        let file = self.file(source.digest, compiled);
        file.write(&code).map_err(|error| {
            wasmtime::Error::msg(format!("{} cannot be written: {error}", file.code.display()))
        })?;
        Code::link(tier, compiled, source.kind, &load(tier, &file.code)?)
    }

    /// Code that another process made, by way of a file that is only this call's.
    fn apart(&self, apart: &dyn Apart, source: Source<'_>, compiled: Compiled) -> wasmtime::Result<Vec<u8>> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let name = format!(".{}.{}.{number}.aside", source.digest, std::process::id());
        let aside = self.place(compiled).join(name);
        let made = apart.compile(source.bytes, compiled, &aside);
        let code = made.map_err(wasmtime::Error::from).and_then(|()| Ok(std::fs::read(&aside)?));
        if let Err(error) = std::fs::remove_file(&aside)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!("cannot remove {}: {error}", aside.display());
        }
        code
    }

    fn ready(&self, tier: &Tier, digest: Digest, compiled: Compiled) -> Option<Component> {
        let file = self.file(digest, compiled);
        if !file.code.exists() {
            return None;
        }
        if file.is_sound() {
            match load(tier, &file.code) {
                Ok(component) => return Some(component),
                Err(error) => tracing::warn!("{} cannot be used: {error:#}", file.code.display()),
            }
        } else {
            tracing::warn!("{} is damaged and is made again", file.code.display());
        }
        file.remove();
        None
    }
}

/// Maps compiled code.
#[allow(unsafe_code)]
fn load(tier: &Tier, code: &Path) -> wasmtime::Result<Component> {
    // This ensures that the file is code that an engine of this very configuration made: it lies in
    // a folder that only this user can write, was compared with the sha256 that was written with it
    // or was written a moment ago, and is replaced by renaming and never changed in place.
    unsafe { Component::deserialize_file(&tier.engine, code) }
}

/// A name for everything about an engine that its code depends on.
fn compatibility(tier: &Tier) -> String {
    let mut hasher = Sha(Sha256::new());
    tier.engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The standard library's own hasher may change from one release to the next; this one does not.
struct Sha(Sha256);

impl Hasher for Sha {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        self.0.clone().finalize().iter().take(8).fold(0, |all, byte| all << 8 | u64::from(*byte))
    }
}
