//! Who waits for what to change, so that nobody has to poll within this process.

use jackfield_types::RunId;
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap};
use tokio::sync::{broadcast, watch};

/// Changes of runs that a slow receiver may leave unread; it is told when it misses some.
const KEPT: usize = 1_024;

/// What one transaction has to tell, once it is committed.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub(crate) runs: Vec<(RunId, u64)>,
    pub(crate) events: Vec<u64>,
}

/// The channels of those who wait. A run that nobody watches has none.
pub(crate) struct Changes {
    runs: Mutex<HashMap<RunId, watch::Sender<u64>>>,
    any_run: broadcast::Sender<RunId>,
    events: watch::Sender<u64>,
}

impl Changes {
    pub(crate) fn new() -> Self {
        Self { runs: Mutex::default(), any_run: broadcast::Sender::new(KEPT), events: watch::Sender::new(0) }
    }

    pub(crate) fn of_any_run(&self) -> broadcast::Receiver<RunId> {
        self.any_run.subscribe()
    }

    pub(crate) fn of_run(&self, run: RunId) -> watch::Receiver<u64> {
        let mut runs = self.runs.lock();
        // Watchers of runs that never change again would otherwise stay for ever.
        runs.retain(|_, sender| sender.receiver_count() > 0);
        runs.entry(run).or_insert_with(|| watch::Sender::new(0)).subscribe()
    }

    pub(crate) fn of_events(&self) -> watch::Receiver<u64> {
        self.events.subscribe()
    }

    pub(crate) fn tell(&self, news: &News) {
        if let Some(last) = news.events.last() {
            self.events.send_replace(*last);
        }
        if news.runs.is_empty() {
            return;
        }
        if self.any_run.receiver_count() > 0 {
            let changed: BTreeSet<_> = news.runs.iter().map(|(run, _)| *run).collect();
            // Only without a receiver can it not be sent.
            changed.into_iter().for_each(|run| _ = self.any_run.send(run));
        }
        let runs = self.runs.lock();
        for (run, seq) in &news.runs {
            if let Some(sender) = runs.get(run) {
                sender.send_replace(*seq);
            }
        }
    }
}
