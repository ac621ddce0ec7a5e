//! How components stand: what each is asked for, where it came from, and what was put away.

use crate::memory::MemoryUse;
use crate::plugins::Plugins;
use jackfield_types::{Digest, PluginKind, PluginRef};
use std::path::PathBuf;

impl Plugins {
    /// The decisions that the component in service under a kind and name is asked for.
    pub fn asked_for(&self, kind: PluginKind, name: &str) -> Vec<String> {
        let serving = self.manager.slots(|slots| slots.serving(kind, name).cloned());
        serving.map(|version| self.manager.served().asked_for(&version)).unwrap_or_default()
    }

    /// The file that a version came in, while it serves.
    pub fn file_of(&self, plugin: &PluginRef) -> Option<PathBuf> {
        let serving = self.manager.slots(|slots| slots.serving(plugin.kind, &plugin.name).cloned())?;
        serving.file.clone().filter(|_| serving.digest() == plugin.digest)
    }

    /// How much of the memory for components calls have, and how much attempts.
    pub fn memory(&self) -> [(&'static str, MemoryUse); 2] {
        let engines = &self.manager.engines;
        [("calls", engines.memory_of_calls.used()), ("attempts", engines.memory_of_attempts.used())]
    }

    /// Whether these bytes were put away, and are not taken again.
    pub fn is_quarantined(&self, digest: Digest) -> bool {
        self.manager.folder.quarantined(digest).is_some()
    }
}
