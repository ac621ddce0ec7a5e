//! The host: opening, acting for a principal, and shutting down.
//!
//! ```text
//! serving ──► closed ──┬──► handed over   agents go on; the next host takes them up, as after a crash
//!          (drained)   └──► shut down     agents are ended, and their runs settled as cancelled
//! ```

use crate::services::Services;
use jackfield_access::principal::Principal;
use jackfield_config::Config;
use jackfield_model::ConfigChanged;
use jackfield_runs::scheduling::work::Work;
use jackfield_types::{Problem, RunId, Scope, Timestamp};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::timeout;

/// Runs AI coding agents as durable, budgeted, auditable work.
///
/// Clones are the same host. Hosts in one process share nothing; hosts on one data folder share its records and its
/// budget. The page of the [crate] has an example.
#[derive(Clone)]
pub struct Host {
    pub(super) inner: Arc<Services>,
    pub(super) caller: Principal,
}

impl Host {
    pub(crate) fn new(inner: Services) -> Self {
        Self { inner: Arc::new(inner), caller: Principal::default() }
    }

    /// Returns a handle that acts for `caller`: the host refuses calls that its scopes do not allow, and reports what
    /// it may not see as not existing. Both handles are the same host.
    ///
    /// ```no_run
    /// # async fn story(host: jackfield::Host) -> Result<(), jackfield::Problem> {
    /// use jackfield::{Principal, Scopes, Sees};
    ///
    /// let scopes = Scopes::parse("read").expect("a scope");
    /// let guest = host.acting_as(Principal::new("guest", scopes, Sees::Own));
    /// assert!(guest.runs().list(Default::default()).await?.is_empty(), "a guest has no runs");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn acting_as(&self, caller: Principal) -> Self {
        Self { inner: Arc::clone(&self.inner), caller }
    }

    /// The principal that this handle acts for.
    pub fn caller(&self) -> &Principal {
        &self.caller
    }

    /// Starts the background tasks of the host: the worker, pruning, and the log of the breaker.
    pub fn begin(&self) {
        if self.inner.runs.shared.work != Work::Nothing {
            self.inner.runs.shared.tasks.spawn(self.inner.runs.queue.clone().work());
        }
        if self.inner.runs.shared.work == Work::All {
            #[cfg(feature = "board")]
            self.inner.runs.shared.tasks.spawn(Arc::clone(&self.inner.board).work());
            self.inner.runs.shared.tasks.spawn(self.inner.pruner.clone().prune_periodically());
            self.inner.runs.shared.tasks.spawn(crate::alarms::log_breaker(
                self.inner.store.clone(),
                self.inner.runs.shared.stop.clone(),
            ));
        }
    }

    /// Replaces the configuration of the running host. Changes are logged and recorded as the event `config_changed`.
    /// Returns the settings in force now, and those that need a restart.
    ///
    /// # Errors
    /// A [`Problem`] if the configuration is invalid; then the old one stays in force.
    pub async fn reconfigure(&self, config: Config) -> Result<ConfigChanged, Problem> {
        self.caller.require(Scope::Admin)?;
        self.inner.reconfiguration.apply(config).await
    }

    /// The time of this host's clock.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// The configuration in force.
    pub fn config(&self) -> Arc<Config> {
        self.inner.settings.config()
    }

    /// The data folder of this host.
    pub fn data_folder(&self) -> PathBuf {
        self.inner.folders.data.clone()
    }

    pub(super) fn stops(&self) -> bool {
        self.inner.runs.shared.stop.is_cancelled()
    }

    /// Resolves when the host begins to stop. Callers that wait for an event without a deadline wait for this too.
    pub async fn stopping(&self) {
        self.inner.runs.shared.stop.cancelled().await;
    }

    /// Stops accepting work and waits until running attempts end, at most `longest`. Reads still work. Returns the
    /// number of rounds that still run; follow with [`hand_over`](Self::hand_over) or [`shutdown`](Self::shutdown).
    ///
    /// Queued runs stay queued, and so does the next round of a run whose attempt failed.
    pub async fn drain(&self, longest: Duration) -> usize {
        let shutdown = &self.inner.runs.shared.shutdown;
        shutdown.closed.cancel();
        shutdown.hands.close();
        let _ = timeout(longest, shutdown.hands.wait()).await;
        shutdown.hands.len()
    }

    /// The number of runs whose attempts this host executes.
    pub fn in_hand(&self) -> usize {
        self.inner.runs.shared.shutdown.hands.len()
    }

    /// Stops and leaves the agents running: the next host on this data folder adopts them. Until then no host enforces
    /// their limits. Returns the runs that it left.
    pub async fn hand_over(&self) -> Vec<RunId> {
        self.inner.runs.shared.shutdown.leaves.cancel();
        self.stop().await;
        let Ok(hands) = self.inner.store.queue().in_hand().await else { return Vec::new() };
        let left = hands.into_iter().filter(|hand| hand.worker == Some(self.inner.runs.shared.worker));
        left.map(|hand| hand.hold.run).collect()
    }

    /// Stops: accepts no work, cancels and settles the running attempts, and writes pending records.
    pub async fn shutdown(&self) {
        self.inner.runs.shared.shutdown.ends.cancel();
        self.stop().await;
    }

    async fn stop(&self) {
        let inner = &self.inner;
        inner.runs.shared.shutdown.closed.cancel();
        inner.runs.shared.stop.cancel();
        inner.runs.shared.tasks.close();
        inner.runs.shared.tasks.wait().await;
        if !inner.runs.shared.shutdown.on_record.load(Ordering::Relaxed) {
            return;
        }
        // Last: from here on, other hosts take over its runs.
        if let Err(error) = inner.store.workers().end(inner.runs.shared.worker, "the host was stopped").await
        {
            tracing::warn!(%error, "this worker's end is not on record; it is given up in time");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ExecuteRequest;
    use jackfield_types::RunState;
    use jackfield_workspace::throwaway;
    use std::path::Path;

    async fn host(folder: &Path) -> Host {
        let environment = [("PATH".to_owned(), std::env::var("PATH").unwrap())];
        crate::tests::builder(folder.join("data")).environment(environment).watch(false).open().await.unwrap()
    }

    #[tokio::test]
    async fn host_in_the_same_process_takes_over_from_the_previous_one() {
        let folder = tempfile::tempdir().unwrap();
        let repository = folder.path().join("repository");
        throwaway(&repository).await.unwrap();
        let gate = folder.path().join("gate");
        let command = format!("until [ -e {} ]; do sleep 0.05; done; echo done > done.txt", gate.display());
        let request = ExecuteRequest {
            executor: Some("shell".into()),
            workspace: Some(repository.to_string_lossy().into_owned()),
            ..ExecuteRequest::new(command)
        };
        let first = host(folder.path()).await;
        let run = first.runs().dispatch(request.clone()).await.unwrap();
        while first.runs().get(run).await.unwrap().attempts[0].started_at.is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(first.drain(Duration::from_millis(1)).await, 1, "it is at work");
        assert_eq!(first.runs().dispatch(request).await.unwrap_err().code, "stopping");
        assert_eq!(first.hand_over().await, [run]);
        assert_eq!(first.runs().state(run).await.unwrap(), RunState::Running);

        let second = host(folder.path()).await;
        std::fs::write(&gate, "").unwrap();
        let ended = second.runs().wait_for(run, Duration::from_secs(60), |_| {}).await.unwrap();
        assert_eq!(ended, RunState::Succeeded);
        let view = second.runs().get(run).await.unwrap();
        assert_eq!(view.attempts.len(), 1, "it ran once");
        assert_eq!(second.drain(Duration::from_secs(60)).await, 0);
        assert_eq!(second.hand_over().await, []);
    }
}
