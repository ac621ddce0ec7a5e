//! The queue, and the workers that can claim from it.

use crate::scheduling::work::{Work, most};
use jackfield_core::instance::{Instance, Presence};
use jackfield_core::settings::Settings;
use jackfield_store::{Caps, InLine, RunView, Store, StoreError, Worker, WorkerKind};
use jackfield_types::{Clock, Problem, RunState};
use std::sync::Arc;
use std::time::Duration;

/// The queue, and the workers that can claim from it.
pub struct Backlog {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) work: Work,
    pub(crate) settings: Arc<Settings>,
}

impl Backlog {
    /// Returns the concurrency limits of the current configuration.
    pub async fn caps(&self, local: Option<u32>) -> Result<Caps, StoreError> {
        let config = self.settings.config();
        let executors = config.executors.iter().map(|(name, section)| (name.clone(), section.slots));
        let mut caps = Caps {
            local,
            executors: executors.collect(),
            executor: jackfield_config::ExecutorSection::default().slots,
            aging: Duration::from_secs(config.queue.aging_s),
            ..Caps::default()
        };
        let capped = |section: &jackfield_config::WorkspaceSection| section.max_concurrent.is_some();
        if config.workspaces.values().any(capped) {
            for workspace in self.store.workspaces().list().await? {
                let section = config.workspaces.iter().find(|(name, section)| {
                    **name == workspace.name || section.path.as_os_str() == workspace.path.as_str()
                });
                if let Some(most) = section.and_then(|(_, section)| section.max_concurrent) {
                    caps.workspaces.insert(workspace.id, most);
                }
            }
        }
        Ok(caps)
    }

    /// Returns the queue position of a run and the reason why it waits; `None` if it is not queued.
    pub async fn line_of(&self, view: &RunView) -> Result<Option<String>, Problem> {
        if view.run.state != RunState::Queued {
            return Ok(None);
        }
        let local = most(self.settings.config().run.max_concurrent);
        let caps = self.caps(Some(local)).await?;
        let Some(line) = self.store.queue().backlog(view.run.id, &caps).await? else {
            return Ok(None);
        };
        let occupancy = self.store.queue().occupancy().await?;
        let slots = |executor: &String| caps.executors.get(executor).copied().unwrap_or(caps.executor);
        let busy = |executor: &String| occupancy.executors.get(executor).copied().unwrap_or(0);
        let full = line.wants.iter().find(|executor| busy(executor) >= slots(executor));
        let why = match (line.not_before, full) {
            _ if !self.somebody_works().await? => self.nobody_works(),
            (Some(until), _) => format!("it rests until {until}"),
            (None, Some(executor)) => {
                format!("{executor} has all of its {} slot(s) at work", slots(executor))
            }
            (None, None) if occupancy.local >= local => format!("all {local} places are taken"),
            (None, None) => "its turn comes now".to_owned(),
        };
        let place = match line.position {
            counted if counted <= InLine::MOST_AHEAD => format!("{counted} of {}", line.of),
            _ => format!("behind more than {} of {}", InLine::MOST_AHEAD, line.of),
        };
        Ok(Some(format!("queued, {place} in line ({why})")))
    }

    /// Whether a live remote worker has the executor.
    pub(crate) async fn elsewhere_has(&self, executor: &str) -> Result<bool, StoreError> {
        let stale = Duration::from_secs(self.settings.config().queue.stale_s);
        let now = self.clock.now();
        Ok(self.store.workers().list(false).await?.iter().any(|worker| {
            worker.kind == WorkerKind::Remote
                && worker.executors.iter().any(|has| has == executor)
                && now.duration_since(worker.heartbeat_at).unsigned_abs() <= stale
        }))
    }

    /// Explains why no worker claims runs, with the remedy.
    pub fn nobody_works(&self) -> String {
        if self.work == Work::All && !self.settings.config().run.here {
            return "no worker takes runs: this host has run.here = false; start a worker on another machine, or set run.here = true".to_owned();
        }
        "no worker takes runs: start a host that serves, or a worker on another machine".to_owned()
    }

    /// Whether any live worker claims queued runs.
    pub async fn somebody_works(&self) -> Result<bool, Problem> {
        let stale = Duration::from_secs(self.settings.config().queue.stale_s);
        let workers = self.store.workers().list(false).await?;
        let now = self.clock.now();
        let takes_others = |worker: &&Worker| worker.workspaces.as_ref().is_none_or(|list| !list.is_empty());
        Ok(workers.iter().filter(takes_others).any(|worker| match worker.kind {
            WorkerKind::Local => Instance::presence(&worker.instance) != Presence::Gone,
            WorkerKind::Remote => now.duration_since(worker.heartbeat_at).unsigned_abs() <= stale,
        }))
    }
}
