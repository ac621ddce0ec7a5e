//! What git is held to while a piece of work goes on, carried along with the task as its bounds are.

use crate::settings::{Overrides, Settings};
use parking_lot::Mutex;
use std::future::Future;
use std::sync::Arc;

tokio::task_local! {
    static GUARD: Arc<Guard>;
}

/// Which commands of the configuration git may run, and what there is to say of it.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    pub(crate) overrides: Overrides,
    pub(crate) trusted: Option<Settings>,
    notes: Mutex<Vec<String>>,
}

impl Guard {
    /// The commands of the configuration, which are `now`, are held to those that are `trusted`.
    pub(crate) fn new(now: &Settings, trusted: Settings) -> Arc<Self> {
        Arc::new(Self { overrides: now.held_to(&trusted), trusted: Some(trusted), notes: Mutex::default() })
    }

    /// Git is held to it in whatever `work` has it do.
    pub(crate) async fn hold<T>(self: &Arc<Self>, work: impl Future<Output = T>) -> T {
        GUARD.scope(self.clone(), Box::pin(work)).await
    }

    /// The one in force.
    pub(crate) fn current() -> Option<Arc<Self>> {
        GUARD.try_with(Arc::clone).ok()
    }

    /// Something that whoever asked for the work should know.
    pub(crate) fn note(&self, note: String) {
        let mut notes = self.notes.lock();
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    pub(crate) fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut self.notes.lock())
    }
}
