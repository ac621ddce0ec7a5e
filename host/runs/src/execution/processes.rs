//! The processes of attempts: their limits and their leases.
//!
//! The host that reads an agent's output renews the agent's lease. If that host dies or is stopped for too long, no
//! host enforces the agent's budget and time limit, so the agent's gate ends it when the lease expires. A host that
//! adopts the agent in time renews the lease.

use crate::scheduling::work::Work;
use jackfield_core::settings::Settings;
use jackfield_process::{Exited, Grace, Launcher, Lease, ProcessError, ProcessLimits, Running, TreeLimits};
use jackfield_types::RunId;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// Longest time that an agent of a single command runs unattended: another host seldom follows soon.
const COMMAND: Duration = Duration::from_secs(30);
/// How much later than the host the gate ends an agent whose time is over.
const SLACK: Duration = Duration::from_secs(15);

/// The lease of one agent or one check.
#[derive(Debug)]
pub(crate) struct AgentLease {
    lease: Lease,
    /// The time that a renewal grants from now.
    length: Duration,
    /// When the agent must end. No renewal exceeds it by more than [`SLACK`].
    deadline: Instant,
    renewed: Option<Instant>,
}

/// Starts and ends the processes of attempts.
pub struct Processes {
    pub(crate) launcher: OnceCell<Launcher>,
    pub(crate) work: Work,
    pub(crate) lease: Option<PathBuf>,
    pub(crate) settings: Arc<Settings>,
}

impl Processes {
    /// Ends an agent and every process that it started.
    pub(crate) async fn end(&self, run: RunId, running: &mut Running) -> Exited {
        let grace = Duration::from_secs(self.settings.config().run.grace_s);
        match running.end(Grace { interrupt: grace, terminate: grace }).await {
            Ok(ended) => ended.exited,
            Err(error) => {
                tracing::error!(%run, %error, "failed to end an agent");
                Exited::UNKNOWN
            }
        }
    }

    /// The limits of each process of an agent or a check.
    pub(crate) fn process_limits(&self) -> ProcessLimits {
        ProcessLimits {
            file_size: Some(self.settings.config().run.max_file_mb << 20),
            ..ProcessLimits::default()
        }
    }

    /// The limits of all processes of an agent or a check together.
    pub(crate) fn tree_limits(&self) -> TreeLimits {
        let run = &self.settings.config().run;
        TreeLimits {
            memory: Some(run.max_memory_mb << 20).filter(|bytes| *bytes > 0),
            cpus: Some(run.max_cpus).filter(|cpus| *cpus > 0.0),
        }
    }

    pub(crate) async fn launcher(&self) -> Result<&Launcher, ProcessError> {
        self.launcher.get_or_try_init(Launcher::detect).await
    }

    /// Returns the lease in `file` for an agent that may run until `deadline`. `None`: this host executes an
    /// assignment, and its agents use the lease from the assigning host.
    pub(crate) fn agent_lease(&self, file: &Path, deadline: Instant) -> Option<AgentLease> {
        if self.lease.is_some() {
            return None;
        }
        let config = self.settings.config();
        let unattended = Duration::from_secs(config.run.unattended_s);
        let length = if self.work == Work::Own { unattended.min(COMMAND) } else { unattended };
        let grace = Duration::from_secs(config.run.grace_s).saturating_mul(2);
        let deadline = deadline.checked_add(grace).unwrap_or(deadline);
        Some(AgentLease { lease: Lease::kept_in(file), length, deadline, renewed: None })
    }
}

impl AgentLease {
    /// Renews the lease if a third of its length has passed since the last renewal.
    pub(crate) fn renew_if_due(&mut self) {
        let due = self.renewed.is_none_or(|at| at.elapsed() >= self.length / 3);
        if due && let Err(error) = self.renew() {
            tracing::warn!(%error, "failed to renew the lease of an agent: it ends when the lease runs out");
        }
    }

    pub(crate) fn renew(&mut self) -> Result<(), ProcessError> {
        let left = self.deadline.saturating_duration_since(Instant::now()).saturating_add(SLACK);
        self.lease.renew(Lease::now()?.saturating_add(self.length.min(left)))?;
        self.renewed = Some(Instant::now());
        Ok(())
    }

    /// The file of the lease.
    pub(crate) fn file(&self) -> &Path {
        self.lease.file()
    }
}
