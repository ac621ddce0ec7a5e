//! Components into machine code, through the cache.
//!
//! Code of the better engine is used wherever it lies ready; otherwise the quick engine makes some
//! at once and the better code follows from the background.

use crate::code::Code;
use crate::engine::{Engines, Tier};
use crate::error::PluginError;
use crate::folder::{CodeFile, Folder};
use crate::report::Compiled;
use jackfield_types::{Digest, PluginKind};
use sha2::{Digest as _, Sha256};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use wasmtime::component::Component;

/// The caches of both engines.
pub(crate) struct Cache {
    optimised: PathBuf,
    baseline: PathBuf,
}

impl Cache {
    pub(crate) fn open(folder: &Folder, engines: &Engines) -> Result<Self, PluginError> {
        let place = |tier: &Tier| folder.compiled(&compatibility(tier));
        Ok(Self { optimised: place(&engines.optimised)?, baseline: place(&engines.baseline)? })
    }

    /// Where things that hold for one build of this host may be kept beside its code.
    pub(crate) fn beside(&self, digest: Digest, extension: &str) -> PathBuf {
        self.optimised.join(format!("{digest}.{extension}"))
    }

    fn file(&self, digest: Digest, compiled: Compiled) -> CodeFile {
        let place = match compiled {
            Compiled::Optimised => &self.optimised,
            Compiled::Baseline => &self.baseline,
        };
        CodeFile::of(place, digest, compiled)
    }

    /// The best code that is ready, or code made at once. Takes milliseconds to tens of them: not for
    /// a thread that others wait for.
    pub(crate) fn quickest(
        &self,
        engines: &Engines,
        kind: PluginKind,
        digest: Digest,
        bytes: &[u8],
    ) -> wasmtime::Result<Code> {
        for compiled in [Compiled::Optimised, Compiled::Baseline] {
            if let Some(component) = self.ready(engines.tier(compiled), digest, compiled) {
                return Code::link(engines.tier(compiled), compiled, kind, &component);
            }
        }
        self.make(engines, kind, digest, bytes, Compiled::Baseline).or_else(|error| {
            // The quick compiler does not know every proposal that the other one does.
            tracing::debug!("no baseline code for {}: {error:#}", digest.short());
            self.make(engines, kind, digest, bytes, Compiled::Optimised)
        })
    }

    /// Makes the better code, and keeps it.
    pub(crate) fn best(
        &self,
        engines: &Engines,
        kind: PluginKind,
        digest: Digest,
        bytes: &[u8],
    ) -> wasmtime::Result<Code> {
        match self.ready(&engines.optimised, digest, Compiled::Optimised) {
            Some(component) => Code::link(&engines.optimised, Compiled::Optimised, kind, &component),
            None => self.make(engines, kind, digest, bytes, Compiled::Optimised),
        }
    }

    fn make(
        &self,
        engines: &Engines,
        kind: PluginKind,
        digest: Digest,
        bytes: &[u8],
        compiled: Compiled,
    ) -> wasmtime::Result<Code> {
        let tier = engines.tier(compiled);
        let code = tier.engine.precompile_component(bytes)?;
        let file = self.file(digest, compiled);
        let component = match file.write(&code) {
            Ok(()) => load(tier, &file.code)?,
            Err(error) => {
                tracing::warn!("compiled code is not kept: {error}");
                Component::from_binary(&tier.engine, bytes)?
            }
        };
        Code::link(tier, compiled, kind, &component)
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
