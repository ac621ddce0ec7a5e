//! A person's answer to a run that was handed over.

use crate::handles::HumanTasks;
use jackfield_api::{Answer, HumanAction, HumanAnswer, bounds};
use jackfield_runs::admission::plans::NewPlan;
use jackfield_runs::escalation::advance::count;
use jackfield_runs::escalation::context;
use jackfield_runs::selection::choose::Pick;
use jackfield_store::{Answered, Attempt, RunView};
use jackfield_types::{ErrorCode, Operation, Problem, RunState, Scope, Settled};
use serde_json::json;

/// Longest text of an answer, bytes.
const LONGEST: usize = 16 << 10;

impl HumanTasks<'_> {
    /// Answers a run that waits for a person. The run retries with the text of the answer, accepts the last attempt,
    /// or fails. Returns the answer of the run as it is then.
    ///
    /// # Errors
    /// A [`Problem`] if the human task does not exist, no run waits for it, the executor does not exist, or the
    /// breaker refuses another attempt.
    /// refuses another attempt.
    pub async fn answer(self, id: &str, said: HumanAnswer) -> Result<Answer, Problem> {
        self.0.caller.require(Scope::Execute)?;
        let task = self.get(id).await?;
        let Some(run) = task.run else {
            return Err(Problem::caller(
                ErrorCode::NothingToAnswer,
                format!("human task {} is a to-do: no run waits for it", task.id),
                "mark it as done",
            )
            .with(Operation::CompleteHumanTask(task.id)));
        };
        if said.text.len() > LONGEST {
            return Err(Problem::caller(
                ErrorCode::AnswerTooLong,
                format!("the answer has {} bytes; at most {LONGEST} are taken", said.text.len()),
                "put the material into a file of the workspace and name the file",
            ));
        }
        bounds::check(&said)?;
        let view = self.0.runs().get(run).await?;
        if view.run.state != RunState::Waiting {
            return Err(Problem::caller(
                ErrorCode::RunNotWaiting,
                format!(
                    "failed to answer run {run}: it is not waiting for an answer (state: {})",
                    view.run.state
                ),
                "look at the state of the run",
            )
            .with(Operation::ShowRun(run)));
        }
        let limits = self.0.inner.settings.limits(Some(view.run.workspace), None);
        let answered = self.answered(&view, &said).await?;
        let kept = json!(said);
        self.0
            .inner
            .store
            .human_tasks()
            .answer(task.id, answered, kept, self.0.caller.name(), &limits)
            .await?;
        self.0.inner.runs.shared.wake.notify_one();
        self.0.runs().answer(run, None).await
    }

    async fn answered(self, view: &RunView, said: &HumanAnswer) -> Result<Answered, Problem> {
        match said.action {
            HumanAction::Stop => Ok(Answered::Stop),
            HumanAction::Accept => match accepted(view) {
                Some(attempt) => Ok(Answered::Accept(attempt.id)),
                None => Err(Problem::caller(
                    ErrorCode::NothingToAccept,
                    format!("run {} has no attempt", view.run.id),
                    "answer with retry or stop",
                )),
            },
            HumanAction::Retry => {
                let order = self.0.inner.runs.orders.order_again(view).await?;
                let last = view.attempts.last();
                let name = said.executor.clone().or_else(|| {
                    last.map(|attempt| attempt.rung.clone().unwrap_or_else(|| attempt.executor.clone()))
                });
                let Some(name) = name else {
                    return Err(Problem::caller(
                        ErrorCode::NoExecutor,
                        "nobody has tried yet",
                        "name an executor in the answer",
                    ));
                };
                let same = last.filter(|_| said.executor.is_none()).and_then(|attempt| attempt.model.clone());
                let pick = match (&said.model, same) {
                    (Some(model), _) => {
                        self.0.inner.runs.selection.asked_for_with(&name, Some(model), &order)?
                    }
                    // The program reported this name; the executor may not accept it as a requested model.
                    (None, Some(same)) => Pick {
                        model: Some(same),
                        ..self.0.inner.runs.selection.asked_for_with(&name, None, &order)?
                    },
                    (None, None) => self.0.inner.runs.selection.asked_for_with(&name, None, &order)?,
                };
                let plan = NewPlan {
                    number: count(&view.attempts) + 1,
                    round: last.map_or(1, |attempt| attempt.round + 1),
                    model: pick.model,
                    effort: order.request.effort,
                    reason: "a person wants another attempt".to_owned(),
                    chosen_by: None,
                    context: Some(format!("{}\n\nA person says: {}", context::of(view, &[]), said.text)),
                };
                Ok(Answered::Retry(Box::new(self.0.inner.runs.plans.new_attempt(
                    &order,
                    pick.executor,
                    pick.rung,
                    plan,
                ))))
            }
        }
    }
}

/// The attempt that `accept` accepts: the last that succeeded, else the last.
fn accepted(view: &RunView) -> Option<&Attempt> {
    let good = |attempt: &&Attempt| matches!(attempt.settled, Some(Settled::Succeeded { .. }));
    view.attempts.iter().rev().find(good).or(view.attempts.last())
}
