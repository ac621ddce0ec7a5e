//! Events as they come, for any number of readers: from the store and then live, without a gap or a repeat.
//!
//! A feed is asked for the next page and holds nothing between two pages but its place. So a reader
//! that is slow costs no memory, loses nothing, and is caught up from the store at its own pace.

use super::super::Host;
use super::super::handles::Events;
use jackfield_store::{Event, RunEvent};
use jackfield_types::{Problem, RunId};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// Events read at once: what one reader holds.
const PAGE: u32 = 64;
/// How often what another process may write is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// The same for a run of this host, which tells of its changes by itself, and for the host's own log.
const DOUBT: Duration = Duration::from_secs(1);

/// The events of one run, from some place to its end.
pub struct RunFeed {
    host: Host,
    run: RunId,
    seen: u64,
    changes: watch::Receiver<u64>,
}

/// The host's own events, from some place on, until the host stops.
pub struct EventFeed {
    host: Host,
    seen: u64,
    changes: watch::Receiver<u64>,
}

impl Events<'_> {
    /// Follows what happens to the host from the event after `after`: the breaker, components,
    /// workers, the configuration.
    pub fn feed(self, after: u64) -> EventFeed {
        EventFeed { host: self.0.clone(), seen: after, changes: self.0.inner.store.event_changes() }
    }

    /// What happened to the host after a place on its log, oldest first.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn list(self, after: u64, limit: u32) -> Result<Vec<Event>, Problem> {
        self.0.caller.require_all("the log of the host")?;
        Ok(self.0.inner.store.host_log().list(after, limit).await?)
    }
}

impl RunFeed {
    /// A feed of the events after `seen`, woken by `changes`.
    pub(super) const fn new(host: Host, run: RunId, seen: u64, changes: watch::Receiver<u64>) -> Self {
        Self { host, run, seen, changes }
    }

    /// The next events, in order and at least one; none after the last of a run that has ended. Where
    /// nothing is new, it waits.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn page(&mut self) -> Result<Option<Vec<RunEvent>>, Problem> {
        let mut ended = false;
        loop {
            // A host that stops still settles what it has in hand, and nothing else.
            let ours = self.host.inner.running.lock().contains_key(&self.run);
            let over = ended || (self.host.stops() && !ours);
            let events = self.host.runs().events(self.run, self.seen, PAGE).await?;
            if let Some(last) = events.last() {
                self.seen = last.seq;
                return Ok(Some(events));
            }
            if over {
                return Ok(None);
            }
            // Before the end there may be events that came after the look above: they are read once more.
            ended = self.host.runs().state(self.run).await?.is_final();
            if !ended {
                wait(&self.host, &mut self.changes, if ours { DOUBT } else { LOOK }).await;
            }
        }
    }
}

impl EventFeed {
    /// The next events, in order and at least one; none once the host stops. Where nothing is new,
    /// it waits.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn page(&mut self) -> Result<Option<Vec<Event>>, Problem> {
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

/// Until something changed, `longest` is over, or the host begins to stop.
async fn wait(host: &Host, changes: &mut watch::Receiver<u64>, longest: Duration) {
    let stop = async {
        match host.stops() {
            // It was told before: what is still to come tells of itself.
            true => std::future::pending().await,
            false => host.inner.stop.cancelled().await,
        }
    };
    let changed = async {
        // The store lives as long as the host does, so its sender is not gone.
        if changes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        _ = timeout(longest, changed) => {}
        () = stop => {}
    }
}
