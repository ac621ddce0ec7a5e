//! Calling a run off, in whatever state it is and whoever has it in hand.

use super::ended::Ended;
use super::rounds::never_begun;
use super::{Host, Inner};
use jackfield_api::Answer;
use jackfield_store::{Attempt, RunView, Settlement, Then};
use jackfield_types::{
    AttemptState, Failure, FailureClass, Problem, Process, RunId, RunState, Scope, Settled,
};
use std::time::Duration;

impl Host {
    /// Ends a run and everything it started. The answer is the run as it then is.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such run, it has ended, or whoever has it in hand does not answer.
    pub async fn cancel(&self, run: RunId, reason: &str) -> Result<Answer, Problem> {
        self.may(Scope::Execute)?;
        jackfield_api::bounds::check_text("reason", reason)?;
        let state = self.run_state(run).await?;
        if state.is_final() {
            return Err(Problem::caller(
                "run_ended",
                format!("failed to cancel run {run}: it has ended already (state: {state})"),
                "nothing is left to cancel",
            ));
        }
        // It may change hands between the looks: then the other way is the right one.
        if !self.0.call_off(run, reason).await? && !self.0.ask_to_end(run, reason).await? {
            self.0.call_off(run, reason).await?;
        }
        self.0.end_abandoned(run).await?;
        let patience = Duration::from_secs(self.0.config().run.grace_s.saturating_mul(3).saturating_add(5));
        if !self.wait_for(run, patience, |_| {}).await?.is_final() {
            return Err(Problem::operator(
                "not_cancelled",
                format!("run {run} has not ended yet"),
                "it ends as soon as the worker that has it in hand hears of it; if that worker is gone, start a host: it takes the run over and ends it",
            ));
        }
        self.answer(run, None).await
    }
}

impl Inner {
    /// Ends a run that nobody has in hand. False: somebody has.
    async fn call_off(&self, run: RunId, reason: &str) -> Result<bool, Problem> {
        let view = self.store.run(run).await?;
        let settlements = self.not_made(&view, &Failure::new(FailureClass::Cancelled, reason));
        let limits = self.limits(Some(view.run.workspace), None);
        let settled = self.store.settle_waiting(run, settlements, RunState::Cancelled, reason, &limits).await;
        Ok(settled?)
    }

    /// Leaves word for whoever has it in hand, which is most often this host.
    async fn ask_to_end(&self, run: RunId, reason: &str) -> Result<bool, Problem> {
        let asked = self.store.ask_to_end(run, reason).await?;
        if let Some(ours) = self.running.lock().get(&run) {
            ours.cancel(reason);
        }
        Ok(asked)
    }

    /// The attempts that a run waits to make, settled without having been made.
    pub(crate) fn not_made(&self, view: &RunView, failure: &Failure) -> Vec<Settlement> {
        let open = view.attempts.iter().filter(|attempt| attempt.state != AttemptState::Settled);
        open.map(|attempt| not_made(attempt, self.planned_again(attempt).as_ref(), failure)).collect()
    }
}

fn not_made(attempt: &Attempt, planned: Option<&super::attempt::Planned>, failure: &Failure) -> Settlement {
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
