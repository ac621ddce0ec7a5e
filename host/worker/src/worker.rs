//! State that all parts of a worker share: its own host, the client of the coordinating host, and its rounds.

use super::coordinator_client::CoordinatorClient;
use jackfield::Host;
use jackfield_api::remote::WorkerTerms;
use jackfield_types::{AttemptId, Failure, RunId, WorkerId};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

/// See the module.
pub(crate) struct Worker {
    pub(crate) host: Host,
    pub(crate) coordinator: CoordinatorClient,
    pub(crate) id: WorkerId,
    pub(crate) slots: u32,
    terms: watch::Sender<WorkerTerms>,
    /// What it has in hand, and whether that is being ended.
    hand: Mutex<BTreeMap<RunId, InHand>>,
    /// A place is free, or the host knows it again.
    wake: Notify,
}

#[derive(Debug, Clone)]
struct InHand {
    attempts: Vec<AttemptId>,
    /// Its attempts are at work, or will be.
    open: bool,
    ending: bool,
}

impl Worker {
    pub(crate) fn new(host: Host, coordinator: CoordinatorClient, id: WorkerId, slots: u32) -> Self {
        Self {
            host,
            coordinator,
            id,
            slots,
            terms: watch::Sender::new(WorkerTerms { beat_s: 15, lease_s: 60 }),
            hand: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// Accepts the terms of the coordinating host.
    pub(crate) fn agree(&self, terms: WorkerTerms) {
        self.terms.send_replace(terms);
    }

    /// How long the host may take to answer: less where it gives workers up soon.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs((self.terms.borrow().lease_s / 4).clamp(2, 15))
    }

    pub(crate) fn beat_s(&self) -> u64 {
        self.terms.borrow().beat_s
    }

    /// Ends the run of an attempt. False: the worker has no such attempt.
    pub(crate) fn end(&self, attempt: AttemptId, failure: Failure) -> bool {
        let mut hand = self.hand.lock();
        let found = hand.iter_mut().find(|(_, hand)| hand.attempts.contains(&attempt));
        let Some((run, hand)) = found else { return false };
        hand.ending = true;
        self.host.leased_runs().end(*run, failure);
        true
    }

    pub(crate) fn end_all(&self, failure: impl Fn() -> Failure) {
        for (run, hand) in &mut *self.hand.lock() {
            hand.ending = true;
            self.host.leased_runs().end(*run, failure());
        }
    }

    /// Adds the attempts of a run.
    pub(crate) fn add_round(&self, run: RunId, attempts: Vec<AttemptId>) {
        self.hand.lock().insert(run, InHand { attempts, open: true, ending: false });
    }

    /// The attempts of all rounds, and those of them that are being ended.
    pub(crate) fn holds(&self) -> (Vec<AttemptId>, Vec<AttemptId>) {
        let hand = self.hand.lock();
        let all = hand.values();
        let holds: Vec<_> = all.clone().flat_map(|hand| hand.attempts.clone()).collect();
        (holds, all.filter(|hand| hand.ending).flat_map(|hand| hand.attempts.clone()).collect())
    }

    /// What it has in hand, and how many attempts it could begin.
    pub(crate) fn room(&self) -> (Vec<AttemptId>, u32) {
        let hand = self.hand.lock();
        let holds = hand.values().flat_map(|hand| hand.attempts.clone()).collect();
        let open: usize = hand.values().filter(|hand| hand.open).map(|hand| hand.attempts.len()).sum();
        (holds, self.slots.saturating_sub(u32::try_from(open).unwrap_or(u32::MAX)))
    }

    /// Waits until a slot may be free, at most so long.
    pub(crate) async fn wait_for_room(&self, most: Duration) {
        let _ = timeout(most, self.wake.notified()).await;
    }

    /// Frees the slots of a run whose attempts have ended.
    pub(crate) fn finish_round(&self, run: RunId) {
        if let Some(hand) = self.hand.lock().get_mut(&run) {
            hand.open = false;
        }
        self.wake.notify_one();
    }

    /// Removes a run that the host has in full.
    pub(crate) fn remove_round(&self, run: RunId) {
        self.hand.lock().remove(&run);
        self.wake.notify_one();
    }
}
