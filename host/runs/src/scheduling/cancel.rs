//! Cancels runs, whatever their state and their worker.

use crate::execution::ended::Ended;
use crate::execution::rounds::{Rounds, never_begun};
use crate::execution::running::RunsInHand;
use jackfield_core::settings::Settings;
use jackfield_store::{Attempt, RunView, Settlement, Store, Then};
use jackfield_types::{AttemptState, Failure, FailureClass, Problem, Process, RunId, RunState, Settled};
use std::sync::Arc;

/// Cancels runs.
pub struct Cancellation {
    pub(crate) store: Store,
    pub(crate) running: Arc<RunsInHand>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) rounds: Arc<Rounds>,
}

impl Cancellation {
    /// Cancels a queued or waiting run. False: the run is neither.
    pub async fn call_off(&self, run: RunId, reason: &str) -> Result<bool, Problem> {
        let view = self.store.runs().get(run).await?;
        let settlements = self.not_made(&view, &Failure::new(FailureClass::Cancelled, reason));
        let limits = self.settings.limits(Some(view.run.workspace), None);
        let settled = self
            .store
            .attempts()
            .settle_waiting(run, settlements, RunState::Cancelled, reason, &limits)
            .await;
        Ok(settled?)
    }

    /// Asks the worker of a running run to cancel it. False: no worker executes it.
    pub async fn ask_to_end(&self, run: RunId, reason: &str) -> Result<bool, Problem> {
        let asked = self.store.queue().ask_to_end(run, reason).await?;
        if let Some(ours) = self.running.lock().get(&run) {
            ours.cancel(reason);
        }
        Ok(asked)
    }

    /// The settlements of the attempts that a run did not make.
    pub(crate) fn not_made(&self, view: &RunView, failure: &Failure) -> Vec<Settlement> {
        let open = view.attempts.iter().filter(|attempt| attempt.state != AttemptState::Settled);
        open.map(|attempt| not_made(attempt, self.rounds.planned_again(attempt).as_ref(), failure)).collect()
    }
}

fn not_made(
    attempt: &Attempt,
    planned: Option<&crate::admission::planned::Planned>,
    failure: &Failure,
) -> Settlement {
    let ended = planned.map_or_else(
        || {
            let mut ended = Ended::unknown(attempt);
            ended.outcome.process = Process::Killed;
            ended.outcome.failure = Some(failure.clone());
            ended
        },
        |planned| never_begun(planned, failure.clone()),
    );
    Settlement {
        attempt: attempt.id,
        outcome: ended.outcome,
        settled: Settled::Failed(failure.clone()),
        usage: ended.usage,
        total: ended.cost.total,
        source: ended.cost.source,
        price_as_of: ended.cost.price_as_of,
        exit_code: None,
        signal: None,
        latency_ms: 0,
        answer: None,
        session: None,
        model: None,
        artifacts: Vec::new(),
        transcript: None,
        calls: Vec::new(),
        then: Then::Nothing,
        decisions: Vec::new(),
        chosen: None,
        events: Vec::new(),
    }
}
