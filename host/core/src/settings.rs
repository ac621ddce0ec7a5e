//! The configuration in force.

use crate::limits;
use arc_swap::ArcSwap;
use jackfield_config::{Config, ExecutorSection};
use jackfield_store::Limits;
use jackfield_types::{Micros, WorkspaceId};
use std::sync::Arc;

/// The configuration in force, and values derived from it.
pub struct Settings {
    config: ArcSwap<Config>,
}

impl Settings {
    /// Puts a configuration in force.
    pub fn new(config: Config) -> Self {
        Self { config: ArcSwap::from_pointee(config) }
    }

    /// An executor's section, with the settings of a rung on top.
    pub fn section_on(&self, executor: &str, rung: Option<&str>) -> ExecutorSection {
        let mut section = self.executor_section(executor);
        let config = self.config();
        let Some(rung) = config.ladder.iter().find(|known| Some(known.name.as_str()) == rung) else {
            return section;
        };
        section.environment.extend(rung.environment.clone());
        section.settings.extend(rung.settings.clone());
        if let Some(model) = &rung.model {
            section.model = Some(model.clone());
        }
        if let (Some(model), Some(rates)) = (&section.model, &rung.rates) {
            section.rates.insert(model.clone(), rates.clone());
        }
        section
    }

    /// The configuration in force. Read it once for settings that belong together.
    pub fn config(&self) -> Arc<Config> {
        self.config.load_full()
    }

    /// Puts a configuration in force. Returns the previous one.
    pub fn replace(&self, config: Config) -> Arc<Config> {
        self.config.swap(Arc::new(config))
    }

    /// The section of an executor; the default if there is none.
    pub fn executor_section(&self, name: &str) -> ExecutorSection {
        self.config().executors.get(name).cloned().unwrap_or_default()
    }

    /// The limits that hold for work in a workspace, and for a run of at most that cost.
    pub fn limits(&self, workspace: Option<WorkspaceId>, run: Option<Micros>) -> Limits {
        limits::limits(&self.config().breaker, workspace, run)
    }
}
