//! Event feeds for any number of readers: recorded events first, then live ones, without gaps or repeats.
//!
//! A reader pulls pages, and a feed holds only its position between two pages. A slow reader therefore costs no
//! memory, loses no event, and catches up from the store at its own pace.

use crate::handles::Events;
use crate::host::Host;
use jackfield_store::{HostEventRecord, RunEventRecord};
use jackfield_types::{Problem, RunId};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// Events per page.
const PAGE: u32 = 64;
/// How often a feed reads what another process may write.
const LOOK: Duration = Duration::from_millis(250);
/// The same for the host's own log and for a run of this host, which notify their readers of changes.
const DOUBT: Duration = Duration::from_secs(1);

/// The events of one run, from a position to its end.
pub struct RunFeed {
    host: Host,
    run: RunId,
    seen: u64,
    changes: watch::Receiver<u64>,
}

/// The host's own events, from a position until the host stops.
pub struct EventFeed {
    host: Host,
    seen: u64,
    changes: watch::Receiver<u64>,
}

impl Events<'_> {
    /// Follows the host's events after sequence number `after`: breaker, components, workers, configuration.
    pub fn feed(self, after: u64) -> EventFeed {
        EventFeed { host: self.0.clone(), seen: after, changes: self.0.inner.store.event_changes() }
    }

    /// Returns at most `limit` events of the host after sequence number `after`, oldest first.
    ///
    /// # Errors
    /// A [`Problem`] if the principal may not see the work of all principals, or the store cannot be read.
    pub async fn list(self, after: u64, limit: u32) -> Result<Vec<HostEventRecord>, Problem> {
        self.0.caller.require_all("the log of the host")?;
        Ok(self.0.inner.store.host_log().list(after, limit).await?)
    }
}

impl RunFeed {
    /// A feed of the events after `seen`, woken by `changes`.
    pub(super) const fn new(host: Host, run: RunId, seen: u64, changes: watch::Receiver<u64>) -> Self {
        Self { host, run, seen, changes }
    }

    /// Returns the next events in order, at least one. Waits if there are none yet. Returns `None` after the last
    /// event of an ended run, or if the host stops and does not execute the run.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn page(&mut self) -> Result<Option<Vec<RunEventRecord>>, Problem> {
        let mut ended = false;
        loop {
            // A stopping host still settles the runs that it executes.
            let ours = self.host.inner.runs.shared.running.lock().contains_key(&self.run);
            let over = ended || (self.host.stops() && !ours);
            let events = self.host.output().events(self.run, self.seen, PAGE).await?;
            if let Some(last) = events.last() {
                self.seen = last.seq;
                return Ok(Some(events));
            }
            if over {
                return Ok(None);
            }
            // Events may have arrived after the read above: read once more before the end.
            ended = self.host.runs().state(self.run).await?.is_final();
            if !ended {
                wait(&self.host, &mut self.changes, if ours { DOUBT } else { LOOK }).await;
            }
        }
    }
}

impl EventFeed {
    /// Returns the next events in order, at least one. Waits if there are none yet. Returns `None` when the host
    /// stops.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn page(&mut self) -> Result<Option<Vec<HostEventRecord>>, Problem> {
        loop {
            let over = self.host.stops();
            let events = self.host.events().list(self.seen, PAGE).await?;
            if let Some(last) = events.last() {
                self.seen = last.seq;
                return Ok(Some(events));
            }
            if over {
                return Ok(None);
            }
            wait(&self.host, &mut self.changes, DOUBT).await;
        }
    }
}

/// Waits until something changes, `longest` is over, or the host begins to stop.
async fn wait(host: &Host, changes: &mut watch::Receiver<u64>, longest: Duration) {
    let stop = async {
        match host.stops() {
            // The host was stopping before this call: wait for the remaining changes.
            true => std::future::pending().await,
            false => host.inner.runs.shared.stop.cancelled().await,
        }
    };
    let changed = async {
        // The host keeps the store open, so the sender cannot be gone.
        if changes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        _ = timeout(longest, changed) => {}
        () = stop => {}
    }
}
