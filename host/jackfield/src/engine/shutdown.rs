//! How a host leaves: what it still takes in, and what becomes of the agents in its hands.
//!
//! ```text
//! serving ──► closed ──┬──► handed over   agents go on; the next host takes them up, as after a crash
//!          (drained)   └──► shut down     agents are ended, and their runs settled as cancelled
//! ```

use super::Host;
use jackfield_types::RunId;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How far a host is on its way out.
#[derive(Debug, Default)]
pub(crate) struct Shutdown {
    /// Nothing new is taken in.
    pub(crate) closed: CancellationToken,
    /// What is in hand is ended.
    pub(crate) ends: CancellationToken,
    /// What is in hand is left as it is.
    pub(crate) leaves: CancellationToken,
    /// This host's worker is on record, so its end is to be put there too.
    pub(crate) on_record: AtomicBool,
    /// Rounds in hand.
    pub(super) hands: TaskTracker,
}

impl Host {
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
        let Ok(hands) = self.inner.store.in_hand().await else { return Vec::new() };
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
        if let Err(error) = inner.store.worker_ends(inner.worker, "the host was stopped").await {
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
