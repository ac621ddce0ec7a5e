//! Better code from the background, for versions that serve already.
//!
//! One version at a time. What no longer serves when its turn comes is passed over.

use crate::compile::{Origin, Source};
use crate::manager::PluginManager;
use crate::report::{Change, Compiled, State, StepTime};
use crate::version::Version;
use std::sync::Arc;
use std::time::Instant;

/// Makes better code for a version in the background, unless it has the best already.
pub(crate) fn improve_later(manager: &Arc<PluginManager>, version: &Arc<Version>) {
    if version.code().compiled != Compiled::Baseline {
        return;
    }
    let waiting = (Arc::downgrade(manager), Arc::downgrade(version));
    let taken = manager.background.later(move || {
        // Held only for this one: a host that is shut must not wait for the rest.
        if let (Some(manager), Some(version)) = (waiting.0.upgrade(), waiting.1.upgrade()) {
            improve(&manager, &version);
        }
    });
    if !taken {
        tracing::warn!("{} stays in its first code: the optimiser has ended", version.plugin());
    }
}

fn improve(manager: &Arc<PluginManager>, version: &Arc<Version>) {
    let plugin = version.plugin();
    let serves = manager.slots(|slots| {
        slots.serving(plugin.kind, &plugin.name).is_some_and(|serving| serving.order == version.order)
    });
    if !serves {
        return;
    }
    let begun = Instant::now();
    let bytes = match std::fs::read(manager.folder.component(plugin.digest)) {
        Ok(bytes) => bytes,
        Err(error) => return tracing::warn!("{plugin} stays in its first code: {error}"),
    };
    let origin = if version.file.is_none() { Origin::Shipped } else { Origin::Foreign };
    let source = Source { kind: plugin.kind, digest: plugin.digest, bytes: &bytes, origin };
    match manager.cache.best(&manager.engines, source) {
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
