//! Retry of an ended run: another run of the same task with the same request and its own budget.

use crate::admission::admit::Admissions;
use crate::selection::choose::Pick;
use jackfield_store::{Admission, Retried, Retry, RunView};
use jackfield_types::{ErrorCode, Operation, Problem, RunId, WorkflowName};

impl Admissions {
    /// Admits a new run of the same task.
    ///
    /// # Errors
    /// A [`Problem`] if the run has not ended or the request is refused.
    pub async fn retry(
        &self,
        view: &RunView,
        key: Option<String>,
        principal: &str,
        reason: &str,
    ) -> Result<RunId, Problem> {
        let _taking_in = self.taking_in()?;
        if !view.run.state.is_final() {
            return Err(active(view.run.id));
        }
        if view.run.workflow == WorkflowName::EXTERNAL || view.run.assigned {
            return Err(Problem::caller(
                ErrorCode::NotRetried,
                format!("failed to retry run {}: it was recorded elsewhere", view.run.id),
                "retry it there, or start a run of the same instruction here",
            )
            .with(Operation::StartRun));
        }
        let order = self.orders.order_again(view).await?;
        self.places.may_work(&order).await?;
        let picks = self.picks_again(view, &order).await?;
        for pick in &picks {
            self.check_program(&pick.executor).await?;
        }
        let limits = self.settings.limits(Some(order.workspace.id), order.max_cost);
        let Admission { run, attempt, beside, mut calls, .. } = self.admission(&order, picks, principal)?;
        calls.iter_mut().for_each(|call| call.task = Some(view.task.id));
        let asked = crate::admission::admit::functions(&calls);
        let attempts = std::iter::once(attempt).chain(beside).collect();
        let (principal, reason) = (principal.to_owned(), reason.to_owned());
        let retry = Retry { of: view.run.id, key, principal, reason, run, attempts, calls };
        match self.store.admissions().admit_retry(retry, &limits).await? {
            Retried::Admitted(run) => {
                self.wake.notify_one();
                self.shadow_calls.evaluate_in_background(view.task.id, asked);
                Ok(run)
            }
            Retried::Existing(run) => Ok(run),
            Retried::Active(run) => Err(active(run)),
        }
    }

    /// Uses the executors of a parallel first round again; for a single attempt, chooses anew.
    async fn picks_again(
        &self,
        view: &RunView,
        order: &crate::admission::resolved_request::Order,
    ) -> Result<Vec<Pick>, Problem> {
        let first: Vec<_> = view.attempts.iter().filter(|attempt| attempt.round == 1).collect();
        if first.len() < 2 {
            return Ok(vec![self.selection.pick(order).await?]);
        }
        let again = |attempt: &&jackfield_store::Attempt| {
            let name = attempt.rung.as_deref().unwrap_or(&attempt.executor);
            let pick = self.selection.asked_for(name, order)?;
            Ok(Pick { model: attempt.model.clone().or(pick.model.clone()), ..pick })
        };
        first.iter().map(again).collect()
    }
}

fn active(run: RunId) -> Problem {
    Problem::caller(
        ErrorCode::RunActive,
        format!("failed to retry: run {run} of the same task has not ended"),
        "wait for its result, or cancel it first",
    )
    .with(Operation::AwaitResult(run))
    .with(Operation::CancelRun(run))
}
