//! A thread for work that nobody waits for.
//!
//! One piece at a time, and it gives way to everything else.

use crate::error::PluginError;
use std::sync::mpsc::{Receiver, Sender, channel};

/// How much the thread gives way (19 is the most).
#[cfg(target_os = "linux")]
const NICENESS: i32 = 15;

type Work = Box<dyn FnOnce() + Send>;

/// The background thread; it ends when this is dropped and its work is done.
pub(crate) struct Background {
    work: Sender<Work>,
}

impl Background {
    pub(crate) fn start(name: &str) -> Result<Self, PluginError> {
        let (work, todo) = channel();
        std::thread::Builder::new()
            .name(name.into())
            .spawn(move || do_all(&todo))
            .map_err(|error| PluginError::Engine(error.to_string()))?;
        Ok(Self { work })
    }

    /// Does this when its turn comes; false: the thread has ended.
    pub(crate) fn later(&self, work: impl FnOnce() + Send + 'static) -> bool {
        self.work.send(Box::new(work)).is_ok()
    }
}

fn do_all(todo: &Receiver<Work>) {
    give_way();
    while let Ok(work) = todo.recv() {
        work();
    }
}

#[cfg(target_os = "linux")]
fn give_way() {
    // On Linux this is the niceness of the thread, not of the process.
    let thread = rustix::thread::gettid();
    if let Err(error) = rustix::process::setpriority_process(Some(thread), NICENESS) {
        tracing::debug!("the background thread runs at the usual priority: {error}");
    }
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}
