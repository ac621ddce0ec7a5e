//! One attempt's adapter, from plan to finish.
//!
//! It keeps the version that it began with, whatever is swapped meanwhile. Once a call has gone
//! wrong, or was given up by whoever waited for it, the attempt cannot be read any further.

use crate::adapter::{Adapter, Told};
use crate::error::{PluginError, Violation};
use crate::facts::{driving, types};
use crate::guest::Guest;
use crate::manager::PluginManager;
use crate::report::Instead;
use crate::serve::Calls;
use crate::version::Version;
use jackfield_types::{PluginRef, Timestamp};
use std::sync::Arc;
use tracing::Instrument;

/// An adapter in a store of its own.
pub struct Drive {
    manager: Arc<PluginManager>,
    version: Arc<Version>,
    adapter: Adapter,
    seed: u64,
    now: Timestamp,
    begun: bool,
    instead: Option<Instead>,
}

impl Drive {
    pub(crate) async fn start(
        manager: Arc<PluginManager>,
        version: Arc<Version>,
    ) -> Result<Self, PluginError> {
        let (seed, now) = (rand::random(), manager.clock.now());
        match start(&manager, &version, now, seed).await {
            Ok(adapter) => Ok(Self { manager, version, adapter, seed, now, begun: false, instead: None }),
            Err(violation) => {
                let failed = Calls(&manager).misbehaved(&version, "driving", violation);
                let Some(other) = Calls(&manager).instead_of(&version, None) else {
                    return Err(failed.into());
                };
                let adapter = start(&manager, &other, now, seed).await;
                let adapter =
                    adapter.map_err(|violation| Calls(&manager).misbehaved(&other, "driving", violation))?;
                let instead = Some(Instead { failed: failed.plugin.clone(), error: failed.to_string() });
                Ok(Self { manager, version: other, adapter, seed, now, begun: false, instead })
            }
        }
    }

    /// Which adapter serves this attempt.
    pub fn plugin(&self) -> &PluginRef {
        self.version.plugin()
    }

    /// What it said of itself.
    pub fn description(&self) -> Option<&driving::Description> {
        self.version.metadata.description()
    }

    /// Whether the program runs the instruction as a command.
    pub fn runs_as_command(&self) -> bool {
        self.version.metadata.runs_as_command
    }

    /// Set where another adapter was asked first and failed.
    pub const fn instead(&self) -> Option<&Instead> {
        self.instead.as_ref()
    }

    /// What the component's random numbers come from.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Where the component's clock stands, from plan to finish.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// What to run, or why nothing can be. The command keeps its contract: its program and the
    /// environment names that it passes on are among those that were described and granted, and its
    /// files lie within their folder.
    pub async fn plan(
        &mut self,
        request: &driving::Request,
    ) -> Result<Result<driving::Command, types::Failure>, PluginError> {
        const FUNCTION: &str = "driving.plan";
        let span = crate::trace::call(FUNCTION, self.plugin());
        let told = self.ask_plan(request).instrument(span).await;
        let failed = match self.told(FUNCTION, told) {
            Err(PluginError::Misbehaved(failed)) if !self.begun => failed,
            other => return other,
        };
        let Some(other) = Calls(&self.manager).instead_of(&self.version, None) else {
            return Err(failed.into());
        };
        let started = start(&self.manager, &other, self.now, self.seed).await;
        self.adapter =
            started.map_err(|violation| Calls(&self.manager).misbehaved(&other, FUNCTION, violation))?;
        self.version = other;
        self.instead = Some(Instead { failed: failed.plugin.clone(), error: failed.to_string() });
        let told = self.ask_plan(request).await;
        self.told(FUNCTION, told)
    }

    /// Begins to read a program's standard output. Once, before the first `feed`.
    pub async fn begin(&mut self, request: &driving::Request) -> Result<(), PluginError> {
        if self.begun {
            return Err(self.out_of_turn("is being read already"));
        }
        self.begun = true;
        let told = self.adapter.begin(&self.manager.engines, request).await;
        self.told("driving.reading", told)
    }

    /// What the next bytes say; they may be split anywhere.
    pub async fn feed(&mut self, bytes: &[u8]) -> Result<Vec<driving::Event>, PluginError> {
        let told = self.adapter.feed(&self.manager.engines, bytes).await;
        self.told("driving.reading.feed", told)
    }

    /// What became of it. Once, after the last `feed`.
    pub async fn finish(&mut self, exit: driving::Exit) -> Result<driving::Outcome, PluginError> {
        let span = crate::trace::call("driving.reading.finish", self.plugin());
        let told = self.adapter.finish(&self.manager.engines, &exit).instrument(span).await;
        self.told("driving.reading.finish", told)
    }

    async fn ask_plan(
        &mut self,
        request: &driving::Request,
    ) -> Told<Result<driving::Command, types::Failure>> {
        let metadata = &self.version.metadata;
        match metadata.description() {
            Some(description) => {
                let known = Some(metadata.runs_as_command);
                self.adapter.plan(&self.manager.engines, request, description, known).await
            }
            None => Told::Gone,
        }
    }

    fn told<T>(&self, function: &'static str, told: Told<T>) -> Result<T, PluginError> {
        match told {
            Told::Answer(answer) => {
                let (took, memory) = self.adapter.last();
                self.version.did_well(took, memory);
                Ok(answer)
            }
            Told::Violation(violation) => {
                Err(Calls(&self.manager).misbehaved(&self.version, function, violation).into())
            }
            Told::Gone => Err(self.out_of_turn("has ended, and answers no more")),
            Told::NotReading => Err(self.out_of_turn("is not being read yet")),
        }
    }

    fn out_of_turn(&self, why: &'static str) -> PluginError {
        PluginError::OutOfTurn { plugin: self.plugin().clone(), why }
    }
}

async fn start(
    manager: &PluginManager,
    version: &Version,
    now: Timestamp,
    seed: u64,
) -> Result<Adapter, Violation> {
    let place = manager.engines.attempt().await;
    let guest = Guest::new(version.label.clone(), version.limits, now, seed);
    Adapter::start(&manager.engines, &version.code(), guest, place).await
}
