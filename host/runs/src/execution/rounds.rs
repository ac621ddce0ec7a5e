//! One round of a run: its attempts run in parallel and are settled with the next step.
//!
//! A round starts with a claim or the takeover of a lost worker's run, and reads everything from the store. If the
//! host is killed, the next one continues from there.

use crate::admission::place::Places;
use crate::admission::planned::Planned;
use crate::admission::plans::AttemptPlans;
use crate::escalation::advance::{Escalation, NextStep};
use crate::execution::attempt::Attempts;
use crate::execution::completion::Completion;
use crate::execution::ended::{Done, Ended};
use crate::execution::loader::RunLoader;
use crate::execution::pauses::Pauses;
use crate::execution::running::{Running, RunsInHand};
use crate::scheduling::shutdown::Shutdown;
use crate::selection::cooldown::Cooldowns;
use crate::selection::health::HealthProbes;
use crate::selection::models::Models;
use jackfield_core::moment::since;
use jackfield_core::secrets::Redaction;
use jackfield_core::settings::Settings;
use jackfield_model::{RunEvent, RunQueued};
use jackfield_plugins::{ExecutorInfo, Plugins};
use jackfield_replay::shadow::ShadowCalls;
use jackfield_store::{
    Attempt, Hold, NewRunEvent, RunEventRecord, RunView, Settlement, Store, StoreError, Then,
};
use jackfield_types::{
    AttemptState, Clock, Failure, FailureClass, Problem, Process, RunId, RunState, Settled, settle,
};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// Executes rounds of runs and settles them.
pub struct Rounds {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) running: Arc<RunsInHand>,
    pub(crate) wake: Arc<Notify>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) shutdown: Arc<Shutdown>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) redaction: Arc<Redaction>,
    pub(crate) places: Arc<Places>,
    pub(crate) models: Arc<Models>,
    pub(crate) probes: Arc<HealthProbes>,
    pub(crate) cooldowns: Arc<Cooldowns>,
    pub(crate) attempts: Arc<Attempts>,
    pub(crate) plans: Arc<AttemptPlans>,
    pub(crate) escalation: Arc<Escalation>,
    pub(crate) loader: Arc<RunLoader>,
    pub(crate) shadow_calls: Arc<ShadowCalls>,
}

impl Rounds {
    /// Starts the round of a run in the background.
    pub(crate) fn spawn_round(self: &Arc<Self>, hold: Hold) {
        let in_hand = self.shutdown.hands.token();
        let round = Arc::clone(self).execute_round(hold);
        self.tasks.spawn(async move {
            round.await;
            drop(in_hand);
        });
    }

    /// Executes the next round of a run from its record, or continues one that a lost host started.
    async fn execute_round(self: Arc<Self>, hold: Hold) {
        let run = hold.run;
        let view = match self.store.runs().get(run).await {
            Ok(view) => view,
            Err(error) => return tracing::error!(%run, %error, "a run that was claimed cannot be read"),
        };
        if view.run.hold() != hold {
            return tracing::warn!(%run, "another worker has taken this run over since it was claimed");
        }
        let running = match self.running_where_it_may(&view).await {
            Ok(running) => Arc::new(running),
            Err(problem) => return self.fail_run(&view, &problem).await,
        };
        self.running.lock().insert(run, Arc::clone(&running));
        let span = crate::records::trace::run(&view, self.begun_in(run).await);
        self.run_and_settle(&running, &view).instrument(span.clone()).await;
        drop(span);
        // A host that lost the run may have taken it over again meanwhile.
        let mut all = self.running.lock();
        if all.get(&run).is_some_and(|current| Arc::ptr_eq(current, &running)) {
            all.remove(&run);
        }
        drop(all);
        // A slot is free, and the run may be queued again.
        self.wake.notify_one();
    }

    /// Loads a run. If an attempt is to start now, checks that it may work in the admitted place.
    async fn running_where_it_may(&self, view: &RunView) -> Result<Running, Problem> {
        let running = self.loader.running(view).await?;
        let begins = |attempt: &Attempt| attempt.state == AttemptState::Planned && attempt.identity.is_none();
        if view.attempts.iter().any(begins) {
            self.places.may_work(&running.order).await?;
        }
        Ok(running)
    }

    /// The trace context of the request that started the run.
    pub async fn begun_in(&self, run: RunId) -> crate::records::trace::TraceContext {
        if !crate::records::trace::wanted() {
            return crate::records::trace::TraceContext::new();
        }
        let queued = self.store.logs().events(run, 0, 1).await.unwrap_or_default();
        match queued.first().map(RunEventRecord::event) {
            Some(RunEvent::RunQueued(RunQueued::Admitted(admitted))) => admitted.trace.into_iter().collect(),
            _ => crate::records::trace::TraceContext::new(),
        }
    }

    /// Runs the open attempts of a round, decides what follows, and settles both. A round that is handed over stays open.
    async fn run_and_settle(&self, run: &Running, view: &RunView) {
        let open = view.attempts.iter().filter(|attempt| attempt.state != AttemptState::Settled);
        let attempts = futures::future::join_all(open.map(|attempt| self.run_attempt(run, attempt))).await;
        match Completion::all(attempts) {
            Completion::Done(_) if !run.is_held(&self.store).await => {}
            Completion::Done(done) => {
                let next = self.escalation.decide_next(run, view, &done).await;
                self.settle_round(run, done, next).await;
            }
            Completion::HandedOver if run.is_lost() => {}
            Completion::HandedOver => tracing::info!(run = %run.id, "left for the next host to continue"),
        }
    }

    /// Finds the executor of a recorded attempt, starts or resumes the attempt, and judges its end.
    async fn run_attempt(&self, run: &Running, attempt: &Attempt) -> Completion<Done> {
        let began = self.clock.now();
        let from = attempt.started_at.unwrap_or(began);
        let planned = match self.planned_again(attempt) {
            None if attempt.identity.is_some() => self.planned_out_of_service(attempt).await,
            planned => planned,
        };
        let ended = match &planned {
            None => self.end_without_executor(attempt).await,
            Some(planned) => {
                let span = crate::records::trace::attempt(attempt.number, planned);
                let outcome = self.resume_or_start(run, attempt, planned).instrument(span.clone()).await;
                let Completion::Done(mut ended) = outcome else { return Completion::HandedOver };
                ended.redact(&self.redaction.redactor());
                crate::records::trace::ended(&span, &ended, &settle(&ended.outcome, run.order.expect_change));
                ended
            }
        };
        let settled = settle(&ended.outcome, run.order.expect_change);
        let latency_ms = since(from, self.clock.now());
        Completion::Done(Done { attempt: attempt.clone(), planned, ended, settled, latency_ms })
    }

    /// Resumes an attempt whose process is on record. Executes any other one, unless something forbids it by now.
    async fn resume_or_start(
        &self,
        run: &Running,
        attempt: &Attempt,
        planned: &Planned,
    ) -> Completion<Ended> {
        // A remote worker may have started an attempt that was assigned to it.
        if attempt.state == AttemptState::Running || attempt.identity.is_some() {
            return self.attempts.resume_attempt(run, attempt, planned).await;
        }
        if run.cancel.is_cancelled() {
            return Completion::Done(never_begun(planned, run.cancelled()));
        }
        if run.is_handed_over() {
            return Completion::HandedOver;
        }
        match self.obstacle(attempt, planned).await {
            Some(failure) => Completion::Done(never_begun(planned, failure)),
            None => self.attempts.execute_attempt(run, planned).await,
        }
    }

    /// Why an attempt that was planned earlier may not start now.
    async fn obstacle(&self, attempt: &Attempt, planned: &Planned) -> Option<Failure> {
        if let Some(failure) = self.models.forbidden_now(&planned.executor, planned.model.as_deref()) {
            return Some(failure);
        }
        if let Some(failure) = self.probes.logged_out(planned).await {
            return Some(failure);
        }
        self.in_cooldown(attempt, planned).await
    }

    /// The failure of a chosen executor that is in cooldown. An executor that the request names is used all the same.
    async fn in_cooldown(&self, attempt: &Attempt, planned: &Planned) -> Option<Failure> {
        attempt.chosen_by.as_ref()?;
        let resting = self.cooldowns.resting().await.unwrap_or_default();
        let until = resting.get(planned.name())?;
        let wait = since(self.clock.now(), *until);
        let mut failure = Failure::new(
            FailureClass::RateLimited,
            format!("{} rests until {until} because its provider asked for it", planned.name()),
        );
        failure.retry_after_ms = Some(wait);
        Some(failure)
    }

    /// Returns the plan of a recorded attempt; `None` if its executor is no longer in service.
    pub fn planned_again(&self, attempt: &Attempt) -> Option<Planned> {
        let serving = self.plugins.executors();
        let executor = serving.into_iter().find(|info| info.plugin.name == attempt.executor)?;
        Some(self.planned_by(attempt, executor))
    }

    /// The same for a running attempt whose adapter was taken out of service.
    async fn planned_out_of_service(&self, attempt: &Attempt) -> Option<Planned> {
        match self.plugins.executor_as(&attempt.adapter).await {
            Ok(executor) => Some(self.planned_by(attempt, executor)),
            Err(error) => {
                tracing::warn!(attempt = %attempt.id, "its adapter cannot go on with it: {error}");
                None
            }
        }
    }

    fn planned_by(&self, attempt: &Attempt, executor: ExecutorInfo) -> Planned {
        let rung = attempt.rung.clone();
        let pricing =
            self.plans.pricing(&executor, rung.as_deref(), attempt.model.as_deref(), attempt.created_at);
        Planned {
            id: attempt.id,
            executor,
            rung,
            model: attempt.model.clone(),
            effort: attempt.effort,
            chosen: attempt.chosen_by.is_some(),
            context: attempt.context.clone(),
            pricing,
        }
    }

    /// The end of an attempt whose executor is out of service. Ends its agent, whose output no adapter can read.
    async fn end_without_executor(&self, attempt: &Attempt) -> Ended {
        let identity = attempt.identity.clone().and_then(|value| serde_json::from_value(value).ok());
        if let Some(identity) = identity
            && let Err(error) = jackfield_process::end_leftovers(&identity).await
        {
            tracing::error!(attempt = %attempt.id, %error, "an agent that nobody can listen to could not be ended");
        }
        let mut ended = Ended::unknown(attempt);
        ended.outcome.process = Process::Failed;
        ended.outcome.failure = Some(
            Failure::new(
                FailureClass::NoProgram,
                format!("the executor '{}' is not in service any more", attempt.executor),
            )
            .with_remedy("list the components to see why, or name another executor"),
        );
        ended
    }

    /// Settles the attempts of a round together with what follows.
    pub async fn settle_round(&self, run: &Running, done: Vec<Done>, next: NextStep) {
        let last = done.len().saturating_sub(1);
        let asked = crate::admission::admit::functions(&next.calls);
        let mut next = Some(next);
        for (index, done) in done.into_iter().enumerate() {
            let mut events = self.notes(&done.settled);
            events.extend(crate::execution::leftovers::events(&done.ended.artifacts, self.clock.now()));
            let attempt = done.attempt.id;
            let mut settlement = settlement(done, events);
            if index == last
                && let Some(next) = next.take()
            {
                settlement.then = next.then;
                settlement.calls =
                    crate::records::decisions::concerning(next.calls, run.task, run.id, Some(attempt));
                settlement.decisions = next.decisions;
                settlement.chosen = next.chosen;
            }
            self.settle(run, settlement).await;
        }
        self.shadow_calls.evaluate_in_background(run.task, asked);
    }

    /// Settles an attempt, and retries while the store cannot be written, so that a full disk loses no result and no
    /// charge. If the host stops first, the next host continues.
    async fn settle(&self, run: &Running, settlement: Settlement) {
        let mut pauses = Pauses::new();
        loop {
            let Err(error) = self.store.held(run.hold).settle(settlement.clone(), &run.limits).await else {
                return;
            };
            if let StoreError::NotHeld { .. } = error {
                return run.lose();
            }
            tracing::error!(run = %run.id, %error, "failed to settle an attempt");
            if !error.is_passing() {
                return;
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = pauses.wait() => {}
            }
        }
    }

    /// Fails a run whose workspace or request can no longer be resolved, with the reason.
    pub async fn fail_run(&self, view: &RunView, problem: &Problem) {
        let failure =
            Failure::new(FailureClass::Unknown, problem.message.clone()).with_remedy(problem.remedy.clone());
        let limits = self.settings.limits(Some(view.run.workspace), None);
        let open: Vec<_> =
            view.attempts.iter().filter(|attempt| attempt.state != AttemptState::Settled).collect();
        let last = open.len().saturating_sub(1);
        for (index, attempt) in open.into_iter().enumerate() {
            let mut ended = Ended::unknown(attempt);
            ended.outcome.process = Process::Failed;
            ended.outcome.failure = Some(failure.clone());
            let settled = Settled::Failed(failure.clone());
            let latency_ms = 0;
            let done = Done { attempt: attempt.clone(), planned: None, ended, settled, latency_ms };
            let events = self.notes(&done.settled);
            let mut settlement = settlement(done, events);
            if index == last {
                settlement.then = Then::End(RunState::Failed);
            }
            if let Err(error) = self.store.held(view.run.hold()).settle(settlement, &limits).await {
                tracing::error!(run = %view.run.id, %error, "a run that cannot be carried out was not settled");
            }
        }
    }

    fn notes(&self, settled: &Settled) -> Vec<NewRunEvent> {
        let texts = match settled {
            Settled::Succeeded { notes } => notes.clone(),
            Settled::Failed(failure) => vec![failure.to_string()],
        };
        let at = self.clock.now();
        let event = |text: String| NewRunEvent { at, event: RunEvent::Decision(text.into()) };
        texts.into_iter().map(event).collect()
    }
}

fn settlement(done: Done, events: Vec<NewRunEvent>) -> Settlement {
    let Done { attempt, ended, settled, latency_ms, .. } = done;
    Settlement {
        attempt: attempt.id,
        outcome: ended.outcome,
        settled,
        usage: ended.usage,
        // Money that was charged during the attempt was spent, whatever its end reports.
        total: if attempt.adopted { ended.cost.total.max(attempt.cost) } else { ended.cost.total },
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
        calls: Vec::new(),
        then: Then::Nothing,
        decisions: Vec::new(),
        chosen: None,
        events,
    }
}

pub(crate) fn never_begun(planned: &Planned, failure: Failure) -> Ended {
    let mut ended = Ended::nothing(planned);
    ended.outcome.process = Process::Killed;
    ended.outcome.failure = Some(failure);
    ended
}
