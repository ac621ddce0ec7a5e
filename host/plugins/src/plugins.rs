//! The door of this crate.

use crate::drive::Drive;
use crate::error::PluginError;
use crate::facts::{choosing, driving, reporting};
use crate::options::{Grants, Options};
use crate::report::{Called, CheckReport, ExecutorInfo, Inspection, LevelInfo, PluginStatus};
use jackfield_types::{PluginKind, Timestamp};
use std::path::Path;
use std::sync::Arc;

/// Every component in service, and how to call it.
pub struct Plugins {
    options: Options,
}

impl Plugins {
    /// Takes the embedded components and what lies in the drop folder into service.
    pub async fn open(options: Options) -> Result<Arc<Self>, PluginError> {
        Ok(Arc::new(Self { options }))
    }

    /// Watches the drop folder from now on, until the last handle is dropped.
    pub fn watch(self: &Arc<Self>) -> Result<(), PluginError> {
        Err(PluginError::Watch { folder: self.options.drop_folder.clone(), why: String::new() })
    }

    /// Settles what is in the drop folder now.
    pub async fn rescan(&self) -> Result<(), PluginError> {
        Err(PluginError::NoChooser)
    }

    /// Replaces the operator's grants, and takes what was held for want of them.
    pub async fn regrant(&self, grants: Grants) -> Result<(), PluginError> {
        drop(grants);
        self.rescan().await
    }

    /// Every component, in service or not.
    pub fn list(&self) -> Vec<PluginStatus> {
        Vec::new()
    }

    /// Every step that a file would go through if it were dropped; nothing is changed.
    pub async fn check(&self, file: &Path) -> Result<CheckReport, PluginError> {
        drop(file.to_owned());
        Err(PluginError::NoChooser)
    }

    /// Everything about the component in service under a name; the kind where two share it.
    pub fn inspect(&self, kind: Option<PluginKind>, name: &str) -> Result<Inspection, PluginError> {
        drop((kind, name.to_owned()));
        Err(PluginError::NoChooser)
    }

    /// The executors in service, by name.
    pub fn executors(&self) -> Vec<ExecutorInfo> {
        Vec::new()
    }

    /// The levels in service, by name.
    pub fn levels(&self) -> Vec<LevelInfo> {
        Vec::new()
    }

    /// Whom to ask. Indices of the answer are within `candidates`, each at most once.
    pub async fn choose(
        &self,
        now: Timestamp,
        task: &choosing::Task,
        candidates: &[choosing::Candidate],
        budget: &choosing::Budget,
    ) -> Result<Called<Vec<choosing::Choice>>, PluginError> {
        drop((now, task.clone(), candidates.to_vec(), *budget));
        Err(PluginError::NoChooser)
    }

    /// What next, after an attempt.
    pub async fn next(
        &self,
        now: Timestamp,
        task: &choosing::Task,
        history: &[choosing::Past],
        candidates: &[choosing::Candidate],
        budget: &choosing::Budget,
    ) -> Result<Called<choosing::Step>, PluginError> {
        drop((now, task.clone(), history.to_vec(), candidates.to_vec(), *budget));
        Err(PluginError::NoChooser)
    }

    /// A report in few words.
    pub async fn compress(
        &self,
        level: &str,
        report: &reporting::Report,
    ) -> Result<Called<String>, PluginError> {
        drop((level.to_owned(), report.clone()));
        Err(PluginError::NoChooser)
    }

    /// Quick commands that tell about an agent program's health.
    pub async fn probes(&self, executor: &str) -> Result<Called<Vec<driving::Probe>>, PluginError> {
        drop(executor.to_owned());
        Err(PluginError::NoChooser)
    }

    /// What the probes' answers mean. `present`: variables of the description that are set and granted.
    pub async fn read_probes(
        &self,
        executor: &str,
        results: &[driving::ProbeResult],
        present: &[String],
    ) -> Result<Called<driving::Health>, PluginError> {
        drop((executor.to_owned(), results.to_vec(), present.to_vec()));
        Err(PluginError::NoChooser)
    }

    /// An adapter for one attempt, which keeps it from plan to finish whatever is swapped meanwhile.
    pub async fn drive(&self, executor: &str) -> Result<Drive, PluginError> {
        drop(executor.to_owned());
        Err(PluginError::NoChooser)
    }
}
