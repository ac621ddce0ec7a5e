//! One attempt's adapter.

use crate::error::PluginError;
use crate::facts::{driving, types};
use crate::report::Instead;
use jackfield_types::PluginRef;

/// An adapter in a store of its own, from plan to finish.
pub struct Drive {
    plugin: PluginRef,
    instead: Option<Instead>,
}

impl Drive {
    /// Which adapter serves this attempt.
    pub fn plugin(&self) -> &PluginRef {
        &self.plugin
    }

    /// Set where another adapter was asked to plan first and failed.
    pub fn instead(&self) -> Option<&Instead> {
        self.instead.as_ref()
    }

    /// What the component's random numbers come from.
    pub fn seed(&self) -> u64 {
        0
    }

    /// What to run, or why nothing can be.
    pub async fn plan(
        &mut self,
        request: &driving::Request,
    ) -> Result<Result<driving::Command, types::Failure>, PluginError> {
        drop(request.clone());
        Err(PluginError::NoChooser)
    }

    /// Begins to read a program's standard output. Once, before the first `feed`.
    pub async fn begin(&mut self, request: &driving::Request) -> Result<(), PluginError> {
        drop(request.clone());
        Err(PluginError::NoChooser)
    }

    /// What the next bytes say; they may be split anywhere.
    pub async fn feed(&mut self, bytes: &[u8]) -> Result<Vec<driving::Event>, PluginError> {
        drop(bytes.to_vec());
        Err(PluginError::NoChooser)
    }

    /// What became of it. Once, after the last `feed`.
    pub async fn finish(&mut self, exit: driving::Exit) -> Result<driving::Outcome, PluginError> {
        drop(exit);
        Err(PluginError::NoChooser)
    }
}
