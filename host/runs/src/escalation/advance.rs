//! What follows a round: the chooser is asked, the host bounds the answer, and the outcome goes onto the
//! record with the settlement.

use crate::admission::plans::{AttemptPlans, NewPlan};
use crate::escalation::context;
use crate::execution::ended::Done;
use crate::execution::running::Running;
use crate::records::decisions::{decision, failed_decision};
use crate::records::report;
use crate::selection::choose::{Behind, Selection};
use crate::selection::ladder;
use crate::selection::models::Models;
use jackfield_core::moment::milliseconds;
use jackfield_core::secrets::Redaction;
use jackfield_core::settings::Settings;
use jackfield_plugins::Plugins;
use jackfield_plugins::facts::choosing::{self, Past, Step};
use jackfield_plugins::facts::types::Tier;
use jackfield_store::{Attempt, Decided, NewAttempt, NewHandoff, NewPluginCall, RunView, Then};
use jackfield_types::{
    AttemptId, AttemptState, Clock, Delivered, FailureClass, FailureKind, PluginRef, Problem, RunState,
    Settled, Verified,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// What follows a round, as it is settled with its last attempt.
#[derive(Debug, Default)]
pub struct NextStep {
    pub(crate) then: Then,
    pub(crate) calls: Vec<NewPluginCall>,
    pub(crate) decisions: Vec<Decided>,
    pub(crate) chosen: Option<AttemptId>,
}

impl NextStep {
    pub(crate) fn end(state: RunState) -> Self {
        Self { then: Then::End(state), ..Self::default() }
    }

    pub(crate) fn decided(mut self, kind: &str, by: impl Into<String>, reason: &str, details: Value) -> Self {
        let (kind, by, reason) = (kind.to_owned(), by.into(), reason.to_owned());
        self.decisions.push(Decided { kind, by, reason, details });
        self
    }
}

/// Who can be asked next, with what the chooser said of them.
pub(crate) struct Options {
    task: choosing::Task,
    pub(crate) candidates: Vec<choosing::Candidate>,
    behind: Vec<Behind>,
    budget: choosing::Budget,
}

/// Decides what follows a round.
pub struct Escalation {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) redaction: Arc<Redaction>,
    pub(crate) models: Arc<Models>,
    pub(crate) selection: Arc<Selection>,
    pub(crate) plans: Arc<AttemptPlans>,
}

impl Escalation {
    /// Decides what follows a round: the end, another round, or a question to a person.
    pub async fn decide_next(&self, run: &Running, view: &RunView, done: &[Done]) -> NextStep {
        let Some(last) = done.last() else { return NextStep::default() };
        if run.cancel.is_cancelled() || done.iter().any(|done| is(&done.settled, FailureClass::Cancelled)) {
            return NextStep::end(RunState::Cancelled);
        }
        if view.run.assigned {
            return NextStep::end(best_end(done));
        }
        if done.len() > 1 {
            return self.compare_results(run, view, done).await;
        }
        if let Some(next) = self.repeat_lost(run, view, last) {
            return next;
        }
        let history: Vec<Past> = self.history(view, done);
        let options = match self.options(run).await {
            Ok(options) => options,
            // Without facts there is nothing to ask.
            Err(problem) => {
                let end = NextStep::end(end_state(&last.settled));
                return end.decided("stop", "host", &problem.message, Value::Null);
            }
        };
        self.ask_chooser(run, view, last, &history, &options).await
    }

    async fn ask_chooser(
        &self,
        run: &Running,
        view: &RunView,
        last: &Done,
        history: &[Past],
        options: &Options,
    ) -> NextStep {
        let now = self.clock.now();
        let about = &options.task;
        let most = self.most_attempts(run);
        let facts = json!({
            "now": milliseconds(now), "task": about, "history": history, "candidates": options.candidates,
            "budget": options.budget, "attempts_allowed": most,
        });
        let asked = self.plugins.next(now, about, history, &options.candidates, &options.budget).await;
        let (step, by, calls) = match asked {
            Ok(called) => {
                let calls = decision(&called, "next", facts);
                (called.value, called.plugin, calls)
            }
            Err(error) => {
                let calls = failed_decision(&error, "next", facts).into_iter().collect();
                let end = NextStep { calls, ..NextStep::end(end_state(&last.settled)) };
                return end.decided("stop", "host", &error.to_string(), Value::Null);
            }
        };
        let next = self.within_bounds(run, view, last, history, options, step, &by);
        NextStep { calls, ..next }
    }

    /// The chooser's step, within the bounds of the host.
    #[allow(clippy::too_many_arguments)] // everything that a step is judged by
    fn within_bounds(
        &self,
        run: &Running,
        view: &RunView,
        last: &Done,
        history: &[Past],
        options: &Options,
        step: Step,
        by: &PluginRef,
    ) -> NextStep {
        let digest = by.digest.to_string();
        let most = self.most_attempts(run);
        let end = || NextStep::end(end_state(&last.settled));
        let refused = |why: &str, wanted: Value| end().decided("stop", "host", why, wanted);
        match step {
            Step::Done(reason) => end().decided("done", digest, &reason, Value::Null),
            Step::Stop(reason) => end().decided("stop", digest, &reason, Value::Null),
            Step::Human(reason) if most > 1 => {
                self.ask_person(view, std::slice::from_ref(last), &reason, digest)
            }
            Step::Human(reason) => end().decided("stop", digest, &reason, Value::Null),
            Step::Retry(choice) => {
                let wanted = json!({ "wanted": choice.reason });
                if count(history) >= most {
                    return refused(&format!("{most} attempts are the most for this run"), wanted);
                }
                if self.sequential(history) >= self.settings.config().queue.before_consensus {
                    let why = "that many attempts one after the other were not good enough, and the chooser wanted another";
                    return self.ask_person(view, std::slice::from_ref(last), why, digest);
                }
                let chosen = [(choice.candidate, Some(choice.effort), choice.reason.clone())];
                match self.next_round(run, view, last, options, &chosen, by) {
                    Some(attempts) => NextStep { then: Then::Again { attempts, not_before: None }, ..end() }
                        .decided("retry", digest, &choice.reason, Value::Null),
                    None => refused("the chooser named a candidate that is not there", wanted),
                }
            }
            Step::Consensus(consensus) => {
                let wanted = json!({ "wanted": consensus.reason });
                let voices = u32::try_from(consensus.candidates.len()).unwrap_or(u32::MAX);
                if count(history).saturating_add(voices) > most {
                    let why = format!("{most} attempts are the most for this run: {}", consensus.reason);
                    return self.ask_person(view, std::slice::from_ref(last), &why, digest);
                }
                let chosen: Vec<_> = consensus
                    .candidates
                    .iter()
                    .map(|candidate| (*candidate, None, consensus.reason.clone()))
                    .collect();
                match self.next_round(run, view, last, options, &chosen, by) {
                    Some(attempts) if attempts.len() > 1 => {
                        NextStep { then: Then::Again { attempts, not_before: None }, ..end() }.decided(
                            "consensus",
                            digest,
                            &consensus.reason,
                            Value::Null,
                        )
                    }
                    _ => refused("a consensus needs two or more candidates that are there", wanted),
                }
            }
        }
    }

    /// Attempts for a run in all, whatever a chooser says. Whoever names an executor or a model gets that one, and
    /// once.
    pub(crate) fn most_attempts(&self, run: &Running) -> u32 {
        let most = self.settings.config().queue.most_attempts;
        let request = &run.order.request;
        let named = request.executor.is_some() || request.model.is_some();
        let usual = if named { 1 } else { most };
        request.max_attempts.unwrap_or(usual).clamp(1, most.max(1))
    }

    /// Attempts one after the other whose work was not good enough.
    fn sequential(&self, history: &[Past]) -> u32 {
        let bad = |past: &&Past| {
            let class = past.class.map(FailureClass::from);
            !past.succeeded && class.is_some_and(|class| class.kind() == FailureKind::Quality)
        };
        u32::try_from(history.iter().filter(bad).count()).unwrap_or(u32::MAX)
    }

    /// An agent that went with its host is asked again, once, where the operator wants it so. One that was
    /// taken over is not: it may have done half of the work.
    fn repeat_lost(&self, run: &Running, view: &RunView, last: &Done) -> Option<NextStep> {
        let config = self.settings.config();
        let again = config.queue.lost == jackfield_config::LostPolicy::Requeue
            && is(&last.settled, FailureClass::Lost)
            && !last.attempt.adopted
            && count(&view.attempts) < config.queue.most_attempts
            && !view.attempts.iter().any(|attempt| failed_with(attempt, FailureClass::Lost));
        let planned = last.planned.as_ref().filter(|_| again)?;
        if self.models.forbidden_now(&planned.executor, planned.model.as_deref()).is_some() {
            return None;
        }
        let reason = "its worker went away with it; the same is tried once more";
        let attempt = self.plans.new_attempt(
            &run.order,
            planned.executor.clone(),
            planned.rung.clone(),
            NewPlan {
                number: count(&view.attempts) + 1,
                round: last.attempt.round + 1,
                model: planned.model.clone(),
                effort: planned.effort,
                reason: reason.to_owned(),
                chosen_by: last.attempt.chosen_by.clone(),
                context: planned.context.clone(),
            },
        );
        let then = Then::Again { attempts: vec![attempt], not_before: None };
        Some(NextStep { then, ..NextStep::default() }.decided("retry", "host", reason, Value::Null))
    }

    /// Everybody who can be asked next. Whoever names an executor or a model gets it once; where more attempts are
    /// asked for, others make them.
    pub(crate) async fn options(&self, run: &Running) -> Result<Options, Problem> {
        let now = self.clock.now();
        let (task, _) = self.selection.task_facts(&run.order, now).await?;
        let (candidates, behind) = self.selection.candidates(&run.order, now, None).await?;
        let budget = self.selection.budget(&run.order).await?;
        Ok(Options { task, candidates, behind, budget })
    }

    fn next_round(
        &self,
        run: &Running,
        view: &RunView,
        last: &Done,
        options: &Options,
        chosen: &[(u32, Option<jackfield_plugins::facts::types::Effort>, String)],
        by: &PluginRef,
    ) -> Option<Vec<NewAttempt>> {
        let context = context::of(view, std::slice::from_ref(last));
        let first = count(&view.attempts) + 1;
        let plan = |(index, (candidate, effort, reason)): (usize, &(u32, Option<_>, String))| {
            let candidate = usize::try_from(*candidate).ok()?;
            let (facts, behind) = (options.candidates.get(candidate)?, options.behind.get(candidate)?);
            Some(self.plans.new_attempt(
                &run.order,
                behind.executor.clone(),
                behind.rung.clone(),
                NewPlan {
                    number: first + u32::try_from(index).ok()?,
                    round: last.attempt.round + 1,
                    model: facts.model.clone(),
                    effort: run.order.request.effort.or(effort.map(Into::into)),
                    reason: reason.clone(),
                    chosen_by: Some(by.clone()),
                    context: Some(context.clone()),
                },
            ))
        };
        chosen.iter().enumerate().map(plan).collect()
    }

    /// The run waits for a person, with what there is to judge by.
    pub(crate) fn ask_person(&self, view: &RunView, done: &[Done], reason: &str, by: String) -> NextStep {
        let handoff = NewHandoff {
            title: format!("{}: {}", view.task.title, jackfield_types::clip(reason, 160)),
            body: format!(
                "{reason}\n\n{}\n\nAnswer with retry and what to do differently, with accept, or with stop.",
                context::account(view, done).trim()
            ),
            evidence: context::evidence(view, done),
        };
        NextStep { then: Then::Human(handoff), ..NextStep::default() }.decided(
            "handoff",
            by,
            reason,
            Value::Null,
        )
    }

    /// What became of every attempt of the run, those of the round that is over included.
    fn history(&self, view: &RunView, done: &[Done]) -> Vec<Past> {
        let executors = self.plugins.executors();
        let config = self.settings.config();
        let places = ladder::places(&config.ladder, &executors);
        let stood = |attempt: &Attempt| standing(&places, &executors, attempt);
        let settled = view.attempts.iter().filter(|attempt| attempt.state == AttemptState::Settled);
        let before = settled.filter_map(|attempt| {
            let outcome = attempt.outcome.as_ref()?;
            let (succeeded, class) = came_to(attempt.settled.as_ref()?);
            Some(past(
                (&attempt.executor, stood(attempt)),
                (succeeded, class, outcome.delivered, outcome.verified),
                attempt.cost.unsigned(),
                attempt.latency_ms.unwrap_or(0),
            ))
        });
        let now = done.iter().map(|done| {
            let (succeeded, class) = came_to(&done.settled);
            past(
                (&done.attempt.executor, stood(&done.attempt)),
                (succeeded, class, done.ended.outcome.delivered, done.ended.outcome.verified),
                done.ended.cost.total.unsigned(),
                done.latency_ms,
            )
        });
        before.chain(now).collect()
    }
}

/// The model that an attempt was made with and its tier, as a candidate has them: programs report the model with the
/// day of its release, and a rung may have a tier of its own.
fn standing(
    places: &[ladder::Place<'_>],
    executors: &[jackfield_plugins::ExecutorInfo],
    attempt: &Attempt,
) -> (Option<String>, Tier) {
    if let Some(rung) = &attempt.rung
        && let Some(place) = places.iter().find(|place| place.rung_name().as_ref() == Some(rung))
    {
        return (place.model.clone(), place.tier);
    }
    let own = || places.iter().filter(|place| place.executor.plugin.name == attempt.executor);
    let same = |place: &&ladder::Place<'_>| match (place.model.as_deref(), attempt.model.as_deref()) {
        (Some(model), Some(reported)) => ladder::is_same(model, reported),
        (model, reported) => model == reported,
    };
    if let Some(place) = own().find(same) {
        return (place.model.clone(), place.tier);
    }
    let info = executors.iter().find(|info| info.plugin.name == attempt.executor);
    match info.and_then(|info| ladder::meant(info, attempt.model.as_deref())) {
        Some(meant) => (Some(meant.name.clone()), meant.tier),
        None => (attempt.model.clone(), Tier::Light),
    }
}

fn past(
    (executor, (model, tier)): (&str, (Option<String>, Tier)),
    (succeeded, class, delivered, verified): (bool, Option<FailureClass>, Delivered, Verified),
    cost: u64,
    latency: u64,
) -> Past {
    Past {
        executor: executor.to_owned(),
        model,
        tier,
        succeeded,
        class: class.map(Into::into),
        delivered: report::delivered(delivered),
        verified: report::verified(verified),
        cost: Some(cost),
        latency,
    }
}

fn came_to(settled: &Settled) -> (bool, Option<FailureClass>) {
    match settled {
        Settled::Succeeded { .. } => (true, None),
        Settled::Failed(failure) => (false, Some(failure.class)),
    }
}

fn is(settled: &Settled, class: FailureClass) -> bool {
    matches!(settled, Settled::Failed(failure) if failure.class == class)
}

pub(crate) fn failed_with(attempt: &Attempt, class: FailureClass) -> bool {
    attempt.settled.as_ref().is_some_and(|settled| is(settled, class))
}

/// The number of items.
pub fn count<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}

/// How a run ends whose last attempt was settled so.
pub(crate) fn end_state(settled: &Settled) -> RunState {
    match settled {
        Settled::Succeeded { .. } => RunState::Succeeded,
        Settled::Failed(failure) if failure.class == FailureClass::Cancelled => RunState::Cancelled,
        Settled::Failed(_) => RunState::Failed,
    }
}

/// Of several, one success is enough.
fn best_end(done: &[Done]) -> RunState {
    let states: Vec<_> = done.iter().map(|done| end_state(&done.settled)).collect();
    let succeeded = states.iter().find(|state| **state == RunState::Succeeded);
    succeeded.or(states.last()).copied().unwrap_or(RunState::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_types::Failure;

    #[test]
    fn a_run_ends_as_its_last_attempt_was_settled() {
        let failed = |class| end_state(&Settled::Failed(Failure::new(class, "so")));
        assert_eq!(end_state(&Settled::Succeeded { notes: Vec::new() }), RunState::Succeeded);
        assert_eq!(failed(FailureClass::Cancelled), RunState::Cancelled);
        assert_eq!(failed(FailureClass::Timeout), RunState::Failed);
        assert_eq!(failed(FailureClass::Budget), RunState::Failed);
    }
}
