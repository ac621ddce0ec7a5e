//! Better code from the background, for versions that serve already.
//!
//! One version at a time. Versions that no longer serve are skipped.

use crate::code::Code;
use crate::compile::{Cache, Origin, Source};
use crate::engine::Engines;
use crate::manager::PluginManager;
use crate::report::{Change, Compiled, State, StepTime};
use crate::version::Version;
use jackfield_types::{Digest, PluginKind};
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Instant;

/// Queues the optimisation of a version, unless its code is optimised already.
pub(crate) fn optimise_later(manager: &Arc<PluginManager>, version: &Arc<Version>) {
    if version.code().compiled != Compiled::Baseline {
        return;
    }
    let (manager_of, version_of) = (Arc::downgrade(manager), Arc::downgrade(version));
    let taken = manager.background.queue(move || optimise(&manager_of, &version_of));
    if !taken {
        tracing::warn!("{} stays in its first code: the optimiser has ended", version.plugin());
    }
}

/// Holds no reference to the host while it compiles, so that a host that is shut does not wait for the compiler.
fn optimise(manager_of: &Weak<PluginManager>, version_of: &Weak<Version>) {
    let begun = Instant::now();
    let Some(work) = manager_of.upgrade().zip(version_of.upgrade()).and_then(|(manager, version)| {
        serves(&manager, &version).then(|| Compilation::of(&manager, &version))
    }) else {
        return;
    };
    let made = work.make();
    let Some((manager, version)) = manager_of.upgrade().zip(version_of.upgrade()) else { return };
    let plugin = version.plugin();
    match made {
        Ok(code) => {
            version.improve(code);
            let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            let mut event =
                manager.event(Change::Optimised, plugin, "its optimised code is ready and in use".to_owned());
            event.file.clone_from(&version.file);
            event.from = Some(plugin.digest);
            event.steps = vec![StepTime { step: State::Compiling, micros }];
            manager.tell(event);
        }
        Err(error) => tracing::warn!("{plugin} stays in its first code: {error:#}"),
    }
}

fn serves(manager: &PluginManager, version: &Version) -> bool {
    let plugin = version.plugin();
    manager.slots(|slots| {
        slots.serving(plugin.kind, &plugin.name).is_some_and(|serving| serving.order == version.order)
    })
}

/// What the compiler needs for one version.
struct Compilation {
    engines: Arc<Engines>,
    cache: Arc<Cache>,
    kind: PluginKind,
    digest: Digest,
    file: PathBuf,
    origin: Origin,
}

impl Compilation {
    fn of(manager: &PluginManager, version: &Version) -> Self {
        let plugin = version.plugin();
        Self {
            engines: Arc::clone(&manager.engines),
            cache: Arc::clone(&manager.cache),
            kind: plugin.kind,
            digest: plugin.digest,
            file: manager.folder.component(plugin.digest),
            origin: if version.file.is_none() { Origin::Shipped } else { Origin::Foreign },
        }
    }

    fn make(&self) -> wasmtime::Result<Code> {
        let bytes = std::fs::read(&self.file)?;
        let Self { kind, digest, origin, .. } = *self;
        self.cache.best(&self.engines, Source { kind, digest, bytes: &bytes, origin })
    }
}
