//! Agents that no host watches end by themselves.
//!
//! Whoever listens to an agent renews its lease. Where that process dies, by whatever signal, or is stopped for
//! too long, nobody reads what the agent spends and nobody ends it when its time is over; so its own gate ends it
//! once the lease has run out. A host that takes the agent over in time renews the lease and goes on.

use super::settings::Settings;
use super::work::Work;
use jackfield_process::{Exited, Grace, Launcher, Lease, ProcessError, ProcessLimits, Running, TreeLimits};
use jackfield_types::RunId;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// Longest that the agent of a command goes on without it: few start another host at once after one.
const COMMAND: Duration = Duration::from_secs(30);
/// How much later than the host the gate ends an agent whose time is over.
const SLACK: Duration = Duration::from_secs(15);

/// The lease of one agent, or of one check.
#[derive(Debug)]
pub(super) struct AgentLease {
    lease: Lease,
    /// What each renewal adds to now.
    length: Duration,
    /// When its time is over. No renewal goes past it, but for [`SLACK`].
    deadline: Instant,
    renewed: Option<Instant>,
}

/// How processes of attempts are started: gate, limits, lease.
pub(crate) struct Processes {
    pub(super) launcher: OnceCell<Launcher>,
    pub(super) work: Work,
    pub(super) lease: Option<PathBuf>,
    pub(super) settings: Arc<Settings>,
}

impl Processes {
    /// Ends an agent and everything it started.
    pub(super) async fn end(&self, run: RunId, running: &mut Running) -> Exited {
        let grace = Duration::from_secs(self.settings.config().run.grace_s);
        match running.end(Grace { interrupt: grace, terminate: grace }).await {
            Ok(ended) => ended.exited,
            Err(error) => {
                tracing::error!(%run, %error, "failed to end an agent");
                Exited::UNKNOWN
            }
        }
    }

    /// What each process of an agent or a check may use.
    pub(super) fn process_limits(&self) -> ProcessLimits {
        ProcessLimits {
            file_size: Some(self.settings.config().run.max_file_mb << 20),
            ..ProcessLimits::default()
        }
    }

    /// What all processes of an agent or a check may use together.
    pub(super) fn tree_limits(&self) -> TreeLimits {
        let run = &self.settings.config().run;
        TreeLimits {
            memory: Some(run.max_memory_mb << 20).filter(|bytes| *bytes > 0),
            cpus: Some(run.max_cpus).filter(|cpus| *cpus > 0.0),
        }
    }

    pub(crate) async fn launcher(&self) -> Result<&Launcher, ProcessError> {
        self.launcher.get_or_try_init(Launcher::detect).await
    }

    /// The lease kept in `file` for an agent that may work until `deadline`. None: this host is itself at work for
    /// another, and its agents live on the lease that it has from there.
    pub(super) fn agent_lease(&self, file: &Path, deadline: Instant) -> Option<AgentLease> {
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
    /// Renews the lease where a third of it has passed since the last time.
    pub(super) fn renew_if_due(&mut self) {
        let due = self.renewed.is_none_or(|at| at.elapsed() >= self.length / 3);
        if due && let Err(error) = self.renew() {
            tracing::warn!(%error, "failed to renew the lease of an agent: it ends when the lease runs out");
        }
    }

    /// Renews the lease.
    pub(super) fn renew(&mut self) -> Result<(), ProcessError> {
        let left = self.deadline.saturating_duration_since(Instant::now()).saturating_add(SLACK);
        self.lease.renew(Lease::now()?.saturating_add(self.length.min(left)))?;
        self.renewed = Some(Instant::now());
        Ok(())
    }

    /// Its file.
    pub(super) fn file(&self) -> &Path {
        self.lease.file()
    }
}
