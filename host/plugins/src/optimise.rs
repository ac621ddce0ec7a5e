//! Better code from the background, for versions that serve already.
//!
//! One version at a time, on one thread that gives way to everything else. What no longer serves
//! when its turn comes is passed over.

use crate::compile::{Origin, Source};
use crate::error::PluginError;
use crate::manager::PluginManager;
use crate::report::{Change, Compiled, State, StepTime};
use crate::version::Version;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Weak};
use std::time::Instant;

/// How much the thread gives way (19 is the most).
#[cfg(target_os = "linux")]
const NICENESS: i32 = 15;

/// The background thread; it ends when this is dropped and its work is done.
pub(crate) struct Optimiser {
    work: Sender<(Weak<PluginManager>, Weak<Version>)>,
}

impl Optimiser {
    pub(crate) fn start() -> Result<Self, PluginError> {
        let (work, todo) = channel();
        std::thread::Builder::new()
            .name("plugin-optimiser".into())
            .spawn(move || improve_all(&todo))
            .map_err(|error| PluginError::Engine(error.to_string()))?;
        Ok(Self { work })
    }

    /// Makes better code for a version, unless it has the best already.
    pub(crate) fn improve(&self, manager: &Arc<PluginManager>, version: &Arc<Version>) {
        if version.code().compiled == Compiled::Baseline
            && self.work.send((Arc::downgrade(manager), Arc::downgrade(version))).is_err()
        {
            tracing::warn!("{} stays in its first code: the optimiser has ended", version.plugin());
        }
    }
}

fn improve_all(todo: &Receiver<(Weak<PluginManager>, Weak<Version>)>) {
    give_way();
    while let Ok((manager, version)) = todo.recv() {
        // Held only for this one: a host that is shut must not wait for the rest.
        if let (Some(manager), Some(version)) = (manager.upgrade(), version.upgrade()) {
            improve(&manager, &version);
        }
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

#[cfg(target_os = "linux")]
fn give_way() {
    // On Linux this is the niceness of the thread, not of the process.
    let thread = rustix::thread::gettid();
    if let Err(error) = rustix::process::setpriority_process(Some(thread), NICENESS) {
        tracing::debug!("the optimiser runs at the usual priority: {error}");
    }
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}
