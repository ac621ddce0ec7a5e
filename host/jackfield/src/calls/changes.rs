//! A feed of what changed, for views that stay up to date: runs as they are now, events of the host, and how many human
//! tasks are open.
//!
//! A feed holds nothing for a reader that is away: one that comes back reads its lists again. Changes of one run that
//! follow each other closely are one change, so the busiest run costs a reader a few lines a second. Runs of other
//! processes on the same records are compared once a second.

use crate::handles::Events;
use crate::host::Host;
use jackfield_store::{HostEventRecord, RunSummary};
use jackfield_types::{Problem, RunId, RunState, Scope, Sees};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep, sleep_until};

/// How long changes are gathered.
const GATHERED: Duration = Duration::from_millis(200);
/// How often the records are compared with what was read before.
const COMPARED: Duration = Duration::from_secs(1);
/// Runs of each state that are compared; of ended ones a tenth.
const WATCHED: u32 = 500;
/// Events of the host that are read at once.
const PAGE: u32 = 64;

/// Something that changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A run, as it is now.
    Run(Box<RunSummary>),
    /// An event of the host. Only principals that see the work of all are told of these.
    Host(HostEventRecord),
    /// How many human tasks are open.
    HumanTasks(u64),
}

/// What changes from now on, until the host stops.
pub struct ChangeFeed {
    host: Host,
    runs: broadcast::Receiver<RunId>,
    events: watch::Receiver<u64>,
    /// The last event of the host that was read.
    seen: u64,
    /// The newest runs of each state, with their last events.
    known: HashMap<RunId, (RunState, u64)>,
    open: Option<u64>,
    compare_at: Instant,
}

impl Events<'_> {
    /// Follows what changes from now on.
    ///
    /// # Errors
    /// A [`Problem`] if the principal may not read, or the store cannot be read.
    pub async fn changes(self) -> Result<ChangeFeed, Problem> {
        self.0.caller.require(Scope::Read)?;
        let store = &self.0.inner.store;
        // The channels come first: what happens while the rest is read is not missed.
        let (runs, events) = (store.run_changes(), store.event_changes());
        let mut feed = ChangeFeed {
            host: self.0.clone(),
            runs,
            events,
            seen: store.host_log().last().await?,
            known: HashMap::new(),
            open: None,
            compare_at: Instant::now() + COMPARED,
        };
        feed.compare(&mut BTreeSet::new()).await?;
        Ok(feed)
    }

    /// Returns the number of the host's last event: what a list that is read afterwards has is not older.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn last(self) -> Result<u64, Problem> {
        Ok(self.0.inner.store.host_log().last().await?)
    }
}

impl ChangeFeed {
    /// Returns the next changes, at least one. Waits if there are none yet. Returns `None` when the host stops.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn next(&mut self) -> Result<Option<Vec<Change>>, Problem> {
        loop {
            let mut changed = BTreeSet::new();
            if !self.wait(&mut changed).await {
                return Ok(None);
            }
            sleep(GATHERED).await;
            while let Ok(run) = self.runs.try_recv() {
                changed.insert(run);
            }
            if self.compare_at <= Instant::now() {
                self.compare(&mut changed).await?;
                self.compare_at = Instant::now() + COMPARED;
            }
            let changes = self.read(changed).await?;
            if !changes.is_empty() {
                return Ok(Some(changes));
            }
        }
    }

    /// Waits for a change, or until it is time to compare. Returns whether the host goes on.
    async fn wait(&mut self, changed: &mut BTreeSet<RunId>) -> bool {
        let stop = &self.host.inner.runs.shared.stop;
        tokio::select! {
            run = self.runs.recv() => match run {
                Ok(run) => _ = changed.insert(run),
                // What was missed is found by comparing.
                Err(RecvError::Lagged(_)) => self.compare_at = Instant::now(),
                Err(RecvError::Closed) => return false,
            },
            told = self.events.changed() => return told.is_ok(),
            () = sleep_until(self.compare_at) => {}
            () = stop.cancelled() => return false,
        }
        true
    }

    /// Adds the runs that are not as they were.
    async fn compare(&mut self, changed: &mut BTreeSet<RunId>) -> Result<(), Problem> {
        let now = self.host.inner.store.runs().newest_states(WATCHED).await?;
        let now: HashMap<_, _> = now.into_iter().map(|(run, state, last)| (run, (state, last))).collect();
        changed.extend(now.iter().filter(|(run, is)| self.known.get(run) != Some(is)).map(|(run, _)| *run));
        let left = self.known.iter().filter(|(run, (state, _))| !state.is_final() && !now.contains_key(run));
        changed.extend(left.map(|(run, _)| *run));
        self.known = now;
        Ok(())
    }

    async fn read(&mut self, changed: BTreeSet<RunId>) -> Result<Vec<Change>, Problem> {
        let (store, caller) = (&self.host.inner.store, &self.host.caller);
        let principal = caller.restricted_to();
        let mut changes = Vec::new();
        for run in changed {
            let run = store.runs().summary(run).await?;
            let shown = run.filter(|run| principal.is_none_or(|principal| principal == run.principal));
            changes.extend(shown.map(|run| Change::Run(Box::new(run))));
        }
        if caller.sees() == Sees::All {
            let events = store.host_log().list(self.seen, PAGE).await?;
            self.seen = events.last().map_or(self.seen, |event| event.seq);
            changes.extend(events.into_iter().map(Change::Host));
        }
        let open = store.human_tasks().open(principal).await?;
        if self.open.replace(open) != Some(open) {
            changes.push(Change::HumanTasks(open));
        }
        Ok(changes)
    }
}
