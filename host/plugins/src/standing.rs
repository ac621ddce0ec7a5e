//! The standing of components: their decisions, their files, and their quarantine.

use crate::memory::MemoryUse;
use crate::plugins::Plugins;
use jackfield_types::{Digest, PluginKind, PluginRef};
use std::path::PathBuf;

impl Plugins {
    /// Returns the decisions that the serving component of a kind and name makes.
    pub fn asked_for(&self, kind: PluginKind, name: &str) -> Vec<String> {
        let serving = self.manager.slots(|slots| slots.serving(kind, name).cloned());
        serving.map(|version| self.manager.served().asked_for(&version)).unwrap_or_default()
    }

    /// Returns the file of a version while it serves.
    pub fn file_of(&self, plugin: &PluginRef) -> Option<PathBuf> {
        let serving = self.manager.slots(|slots| slots.serving(plugin.kind, &plugin.name).cloned())?;
        serving.file.clone().filter(|_| serving.digest() == plugin.digest)
    }

    /// Returns the component memory that calls use, and that attempts use.
    pub fn memory(&self) -> [(&'static str, MemoryUse); 2] {
        let engines = &self.manager.engines;
        [("calls", engines.memory_of_calls.used()), ("attempts", engines.memory_of_attempts.used())]
    }

    /// Whether these bytes are quarantined.
    pub fn is_quarantined(&self, digest: Digest) -> bool {
        self.manager.folder.quarantined(digest).is_some()
    }
}
