//! The life of a run, from its place in line to its last settlement.
//!
//! A place is taken, the attempt is carried out, the chooser is asked what next, and both are settled
//! in one transaction. The host allows one attempt for each run: what the chooser says is recorded
//! and not followed.

use super::Inner;
use super::attempt::{Ended, Planned};
use super::choose::{concerning, decision, failed_decision, milliseconds, task};
use super::order::Order;
use super::report;
use jackfield_plugins::facts::{choosing, types};
use jackfield_store::{Limits, NewPluginCall, NewRunEvent, Settlement, StoreError};
use jackfield_types::{Failure, FailureClass, Problem, Process, RunId, RunState, Settled, TaskId, settle};
use parking_lot::Mutex;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::{interval, sleep};
use tokio_util::sync::CancellationToken;

/// Attempts that a run may have, whatever the chooser says.
const MOST_ATTEMPTS: u32 = 1;

/// How long a settlement that failed waits for its next try, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How often word from another process is looked for.
const LOOK: Duration = Duration::from_millis(500);

/// A run in this host's hands.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) id: RunId,
    pub(crate) task: TaskId,
    pub(crate) order: Order,
    pub(crate) limits: Limits,
    pub(crate) cancel: CancellationToken,
    reason: Mutex<Option<String>>,
}

impl Running {
    pub(crate) fn new(
        id: RunId,
        task: TaskId,
        order: Order,
        limits: Limits,
        cancel: CancellationToken,
    ) -> Self {
        Self { id, task, order, limits, cancel, reason: Mutex::default() }
    }

    /// Ends it; the first reason counts.
    pub(crate) fn cancel(&self, reason: &str) {
        self.reason.lock().get_or_insert_with(|| reason.to_owned());
        self.cancel.cancel();
    }

    /// What its attempt fails with once it is cancelled.
    pub(crate) fn cancelled(&self) -> Failure {
        let reason = self.reason.lock().clone();
        Failure::new(FailureClass::Cancelled, reason.unwrap_or_else(|| "the host was stopped".into()))
    }
}

impl Inner {
    /// Where another process on the same data folder leaves word that a run is to end.
    fn cancel_file(&self, run: RunId) -> PathBuf {
        self.folders.runs.join(run.to_string()).join("cancel")
    }

    /// Leaves word for the host that has the run in hand.
    pub(crate) fn ask_to_cancel(&self, run: RunId, reason: &str) -> Result<(), Problem> {
        let file = self.cancel_file(run);
        super::folders::write_private(&file, reason.as_bytes()).map_err(|error| {
            Problem::operator(
                "cannot_write",
                format!("cannot write {}: {error}", file.display()),
                "check its permissions",
            )
        })
    }

    /// Never returns: cancels the run when another process has left word.
    async fn heed(&self, run: &Running) {
        let file = self.cancel_file(run.id);
        let mut look = interval(LOOK);
        loop {
            look.tick().await;
            if let Ok(reason) = tokio::fs::read_to_string(&file).await {
                run.cancel(&reason);
                std::future::pending::<()>().await;
            }
        }
    }

    /// Carries a run from its place in line to its end.
    pub(crate) async fn live(self: Arc<Self>, run: Arc<Running>, planned: Planned) {
        tokio::select! {
            () = self.carry(&run, &planned) => {}
            () = self.heed(&run) => {}
        }
        self.running.lock().remove(&run.id);
    }

    async fn carry(&self, run: &Running, planned: &Planned) {
        let section = self.executor_section(&planned.executor.plugin.name);
        let slot = tokio::select! {
            biased;
            () = run.cancel.cancelled() => None,
            slot = self.slots.take(&planned.executor.plugin.name, section.slots) => slot,
        };
        let began = Instant::now();
        let ended = match slot {
            None => never_begun(planned, run),
            Some(_) => match self.store.run_started(run.id).await {
                Ok(()) => self.attempt(run, planned).await,
                Err(error) => failed_to_begin(planned, &error.problem()),
            },
        };
        self.finish(run, planned, ended, began).await;
        drop(slot);
    }

    async fn finish(&self, run: &Running, planned: &Planned, ended: Ended, began: Instant) {
        let settled = settle(&ended.outcome, run.order.expect_change);
        let latency_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let calls = self.what_next(run, planned, &ended, &settled, latency_ms).await;
        let events = self.notes(&settled);
        let settlement = Settlement {
            attempt: planned.id,
            run_ends: Some(end_state(&settled)),
            outcome: ended.outcome,
            settled,
            usage: ended.usage,
            total: ended.cost.total,
            source: ended.cost.source,
            price_as_of: ended.cost.price_as_of,
            exit_code: ended.exited.code,
            signal: ended.exited.signal,
            latency_ms,
            answer: Some(ended.answer),
            session: ended.session,
            model: ended.model,
            artifacts: ended.artifacts,
            transcript: ended.transcript,
            calls: concerning(calls, run.task, run.id, Some(planned.id)),
            events,
        };
        self.settle(run, settlement).await;
    }

    /// Settles, and tries again while the records cannot be written: what an agent did and cost is
    /// not forgotten because a disk was full for a while. Where it stays so until the host is
    /// stopped, the next host settles it as lost.
    async fn settle(&self, run: &Running, settlement: Settlement) {
        let mut pause = FIRST_PAUSE;
        loop {
            let Err(error) = self.store.settle(settlement.clone(), &run.limits).await else { return };
            tracing::error!(run = %run.id, %error, "the run could not be settled");
            if !matches!(error, StoreError::Busy | StoreError::DiskFull | StoreError::Sqlite(_)) {
                return;
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
            }
        }
    }

    /// Asks the chooser what it would do next, for the record. Without facts there is nothing to ask.
    async fn what_next(
        &self,
        run: &Running,
        planned: &Planned,
        ended: &Ended,
        settled: &Settled,
        latency: u64,
    ) -> Vec<NewPluginCall> {
        let history = [past(planned, ended, settled, latency)];
        let now = self.clock.now();
        let asked = async {
            let (candidates, _) = self.candidates(&run.order, now).await?;
            let budget = self.budget(&run.order).await?;
            Ok::<_, Problem>((candidates, budget))
        };
        let Ok((candidates, budget)) = asked.await else { return Vec::new() };
        let task = task(&run.order);
        let facts = json!({
            "now": milliseconds(now), "task": task, "history": history, "candidates": candidates, "budget": budget,
            "attempts_allowed": MOST_ATTEMPTS,
        });
        match self.plugins.next(now, &task, &history, &candidates, &budget).await {
            Ok(called) => decision(&called, "next", facts),
            Err(error) => failed_decision(&error, "next", facts).into_iter().collect(),
        }
    }

    fn notes(&self, settled: &Settled) -> Vec<NewRunEvent> {
        let texts = match settled {
            Settled::Succeeded { notes } => notes.clone(),
            Settled::Failed(failure) => vec![failure.to_string()],
        };
        let at = self.clock.now();
        let event = |text| NewRunEvent { at, kind: "decision".into(), payload: json!({ "text": text }) };
        texts.into_iter().map(event).collect()
    }
}

/// How a run ends whose last attempt was settled so.
fn end_state(settled: &Settled) -> RunState {
    match settled {
        Settled::Succeeded { .. } => RunState::Succeeded,
        Settled::Failed(failure) if failure.class == FailureClass::Cancelled => RunState::Cancelled,
        Settled::Failed(_) => RunState::Failed,
    }
}

fn past(planned: &Planned, ended: &Ended, settled: &Settled, latency: u64) -> choosing::Past {
    let (succeeded, class) = match settled {
        Settled::Succeeded { .. } => (true, None),
        Settled::Failed(failure) => (false, Some(failure.class.into())),
    };
    let models = &planned.executor.description.models;
    let tier = models.iter().find(|model| Some(&model.name) == planned.model.as_ref());
    choosing::Past {
        executor: planned.executor.plugin.name.clone(),
        model: planned.model.clone(),
        tier: tier.map_or(types::Tier::Light, |model| model.tier),
        succeeded,
        class,
        delivered: report::delivered(ended.outcome.delivered),
        verified: report::verified(ended.outcome.verified),
        cost: Some(ended.cost.total.unsigned()),
        latency,
    }
}

fn never_begun(planned: &Planned, run: &Running) -> Ended {
    let mut ended = Ended::nothing(planned);
    ended.outcome.process = Process::Killed;
    ended.outcome.failure = Some(run.cancelled());
    ended
}

fn failed_to_begin(planned: &Planned, problem: &Problem) -> Ended {
    let mut ended = Ended::nothing(planned);
    ended.outcome.failure = Some(
        Failure::new(FailureClass::Unknown, problem.message.clone()).with_remedy(problem.remedy.clone()),
    );
    ended
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_as_its_last_attempt_was_settled() {
        let failed = |class| end_state(&Settled::Failed(Failure::new(class, "so")));
        assert_eq!(end_state(&Settled::Succeeded { notes: Vec::new() }), RunState::Succeeded);
        assert_eq!(failed(FailureClass::Cancelled), RunState::Cancelled);
        assert_eq!(failed(FailureClass::Timeout), RunState::Failed);
        assert_eq!(failed(FailureClass::Budget), RunState::Failed);
    }
}
