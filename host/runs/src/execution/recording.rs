//! The events of one agent on their way to the record, in order and counted, also while the store cannot be written.

use crate::execution::pauses::Pauses;
use crate::execution::running::Running;
use jackfield_store::{NewRunEvent, Store, StoreError};
use jackfield_types::AttemptId;
use tokio_util::sync::CancellationToken;

/// Most events that wait in memory while the store cannot be written.
const MOST_UNRECORDED: usize = 10_000;

/// Records events of the host about an attempt, and retries while the store cannot be written. They are lost only with
/// the host.
pub(crate) async fn record_of_host(
    store: &Store,
    stop: &CancellationToken,
    run: &Running,
    attempt: AttemptId,
    events: Vec<NewRunEvent>,
) {
    let mut pauses = Pauses::new();
    while let Err(error) = store.held(run.hold).append_events(run.id, Some(attempt), events.clone()).await {
        tracing::error!(run = %run.id, %error, "failed to record an event");
        if let StoreError::NotHeld { .. } = error {
            return run.lose();
        }
        if !error.is_passing() {
            return;
        }
        tokio::select! {
            () = run.stopped() => return,
            () = stop.cancelled() => return,
            () = pauses.wait() => {}
        }
    }
}

/// Records the events of one attempt's agent.
pub(crate) struct Recording<'a> {
    store: &'a Store,
    /// This host stops: what is not on record then, the next host reads from the agent's output.
    stop: &'a CancellationToken,
    run: &'a Running,
    attempt: AttemptId,
    /// Events on record, those of an earlier host included.
    recorded: u64,
    /// Events that could not be recorded yet, in order.
    unrecorded: Vec<NewRunEvent>,
}

impl<'a> Recording<'a> {
    pub(crate) const fn new(
        store: &'a Store,
        stop: &'a CancellationToken,
        run: &'a Running,
        attempt: AttemptId,
    ) -> Self {
        Self { store, stop, run, attempt, recorded: 0, unrecorded: Vec::new() }
    }

    /// Records events. What an earlier host has recorded is not recorded twice; what cannot be recorded now is recorded
    /// with the next events, and in the end by [`record_all`](Self::record_all).
    pub(crate) async fn record(&mut self, events: Vec<NewRunEvent>) {
        self.unrecorded.extend(events);
        if let Err(error) = self.try_record().await {
            tracing::error!(run = %self.run.id, %error, "failed to record events: they are recorded later");
            // No more is read until it can be recorded: the agent's output stays in its file.
            if self.unrecorded.len() > MOST_UNRECORDED {
                self.record_all().await;
            }
        }
    }

    /// Records all events, and retries while the store cannot be written. False: another host goes on with the run.
    pub(crate) async fn record_all(&mut self) -> bool {
        let run = self.run;
        let mut pauses = Pauses::new();
        while let Err(error) = self.try_record().await {
            tracing::error!(run = %run.id, %error, "failed to record events: trying again");
            tokio::select! {
                () = run.handed_over() => return false,
                () = self.stop.cancelled() => return false,
                () = pauses.wait() => {}
            }
        }
        !run.is_lost()
    }

    /// Records the events that are not on record. An error passes: whatever else goes wrong loses the events.
    async fn try_record(&mut self) -> Result<(), StoreError> {
        if self.unrecorded.is_empty() {
            return Ok(());
        }
        let (events, count) = (self.unrecorded.clone(), self.unrecorded.len() as u64);
        let held = self.store.held(self.run.hold);
        match held.append_heard(self.run.id, self.attempt, self.recorded, events).await {
            Err(error) if error.is_passing() => return Err(error),
            Err(StoreError::NotHeld { .. }) => self.run.lose(),
            Err(error) => tracing::error!(run = %self.run.id, %error, "{count} event(s) were not recorded"),
            Ok(_) => self.recorded += count,
        }
        self.unrecorded.clear();
        Ok(())
    }
}
