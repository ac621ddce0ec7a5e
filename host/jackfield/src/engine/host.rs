//! The host: opening it, for whom a handle acts, and how it leaves.
//!
//! ```text
//! serving ──► closed ──┬──► handed over   agents go on; the next host takes them up, as after a crash
//!          (drained)   └──► shut down     agents are ended, and their runs settled as cancelled
//! ```

use super::reconfigure::Reconfigured;
use super::services::Services;
use super::{Principal, Work};
use jackfield_config::Config;
use jackfield_types::{Problem, RunId, Scope, Timestamp};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::timeout;

/// Runs AI coding agents as durable, budgeted, auditable work.
///
/// Clones are the same host. Two hosts in one process do not meet, and two hosts on one data
/// folder share its records and its budget. The [crate]'s own page shows one at work.
#[derive(Clone)]
pub struct Host {
    pub(super) inner: Arc<Services>,
    pub(super) caller: Principal,
}

impl Host {
    pub(crate) fn new(inner: Services) -> Self {
        Self { inner: Arc::new(inner), caller: Principal::default() }
    }

    /// This host as `caller` may use it: calls that its scopes do not allow are refused, and what it may not see does
    /// not exist for it. Both handles share everything else.
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

    /// The principal that calls of this handle are made for.
    pub fn caller(&self) -> &Principal {
        &self.caller
    }

    /// Starts what goes on beside every call.
    pub fn begin(&self) {
        if self.inner.work != Work::Nothing {
            self.inner.tasks.spawn(self.inner.queue.clone().work());
        }
        if self.inner.work == Work::All {
            self.inner.tasks.spawn(self.inner.pruner.clone().prune_periodically());
            self.inner
                .tasks
                .spawn(super::alarms::log_breaker(self.inner.store.clone(), self.inner.stop.clone()));
        }
    }

    /// Takes another configuration over while the host runs. What changed is logged and put on the
    /// host's event log as `config_changed`.
    ///
    /// # Errors
    /// A [`Problem`] where it cannot be used; then the old one stays in force.
    pub async fn reconfigure(&self, config: Config) -> Result<Reconfigured, Problem> {
        self.caller.require(Scope::Admin)?;
        self.inner.reconfiguration.apply(config).await
    }

    /// The time by the clock of this host.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// The configuration as it is now.
    pub fn config(&self) -> Arc<Config> {
        self.inner.settings.config()
    }

    /// Where this host keeps its things.
    pub fn data_folder(&self) -> PathBuf {
        self.inner.folders.data.clone()
    }

    pub(super) fn stops(&self) -> bool {
        self.inner.stop.is_cancelled()
    }

    /// Until the host begins to stop: whoever waits for something that may never come waits for this too.
    pub async fn stopping(&self) {
        self.inner.stop.cancelled().await;
    }

    /// Takes nothing new in from now on, and waits until the attempts in hand have ended, `longest` at most. What
    /// can be looked up is still told. Gives how many rounds of runs are in hand then; after it comes
    /// [`hand_over`](Self::hand_over) or [`shutdown`](Self::shutdown).
    ///
    /// What waits in line stays there, and so does the next round of a run whose attempt was not good enough.
    pub async fn drain(&self, longest: Duration) -> usize {
        let shutdown = &self.inner.shutdown;
        shutdown.closed.cancel();
        shutdown.hands.close();
        let _ = timeout(longest, shutdown.hands.wait()).await;
        shutdown.hands.len()
    }

    /// Attempts are at work in so many runs of this host's.
    pub fn in_hand(&self) -> usize {
        self.inner.shutdown.hands.len()
    }

    /// Stops and leaves the agents at work: the next host on this data folder takes them up as if nothing had
    /// happened. Until then nobody watches what they take and spend. Gives the runs that were left so.
    pub async fn hand_over(&self) -> Vec<RunId> {
        self.inner.shutdown.leaves.cancel();
        self.stop().await;
        let Ok(hands) = self.inner.store.queue().in_hand().await else { return Vec::new() };
        let left = hands.into_iter().filter(|hand| hand.worker == Some(self.inner.worker));
        left.map(|hand| hand.run).collect()
    }

    /// Stops: nothing new is taken in, runs in hand are cancelled and settled, and what was to be recorded is
    /// recorded.
    pub async fn shutdown(&self) {
        self.inner.shutdown.ends.cancel();
        self.stop().await;
    }

    async fn stop(&self) {
        let inner = &self.inner;
        inner.shutdown.closed.cancel();
        inner.stop.cancel();
        inner.tasks.close();
        inner.tasks.wait().await;
        if !inner.shutdown.on_record.load(Ordering::Relaxed) {
            return;
        }
        // Last: from here on, others take up what it has left.
        if let Err(error) = inner.store.workers().end(inner.worker, "the host was stopped").await {
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
        Host::builder(folder.join("data")).environment(environment).watch(false).open().await.unwrap()
    }

    #[tokio::test]
    async fn a_host_hands_over_to_the_next_one_of_the_same_process() {
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
