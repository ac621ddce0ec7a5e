//! Taking a sound component into service.

use crate::code::Code;
use crate::manager::PluginManager;
use crate::optimise;
use crate::version::{ComponentMetadata, Version};
use std::path::PathBuf;
use std::sync::Arc;

impl PluginManager {
    /// Takes a sound component into service; what served in its slot until now.
    pub(crate) fn publish(
        self: &Arc<Self>,
        metadata: ComponentMetadata,
        code: Code,
        file: Option<PathBuf>,
    ) -> (Arc<Version>, Option<Arc<Version>>) {
        let now = self.clock.now();
        let (version, until_now) = self.change(|slots| {
            let order = slots.next_order();
            let stats = self.tally.of(&metadata.plugin);
            let before = slots.serving(metadata.plugin.kind, &metadata.plugin.name).cloned();
            // Where its name is new, the one that was asked until now is what it is held against.
            let before = before.or_else(|| self.served().asked_instead_of(&metadata));
            let before = before.filter(|before| before.digest() != metadata.plugin.digest);
            let version = Version::new(metadata, code, file, order, &self.limits, now).counted(stats);
            let version = version.paced(before.as_deref());
            let version = Arc::new(version);
            (version.clone(), slots.put(version))
        });
        self.write_lock();
        optimise::optimise_later(self, &version);
        (version, until_now)
    }
}
