//! Several agents at one task, side by side: each in its own worktree, and the judge compares what they did.

use crate::admission::admit::Admissions;
use crate::admission::resolved_request::Order;
use crate::escalation::advance;
use crate::escalation::advance::{Escalation, NextStep};
use crate::execution::ended::Done;
use crate::execution::running::Running;
use crate::records::decisions::{decision, failed_decision};
use crate::records::report;
use crate::selection::choose::{Pick, Ranked};
use jackfield_api::{ExecuteRequest, bounds};
use jackfield_plugins::facts::judging::{Comparison, ResultInQuestion};
use jackfield_store::{Artifact, NewArtifact, RunView};
use jackfield_types::{
    AttemptState, ErrorCode, FailureKind, Micros, Operation, Problem, RunId, RunState, Settled,
};
use serde_json::{Value, json};
use std::io::Read;

/// Most of a diff that a judge is given, bytes.
const LONGEST_DIFF: u64 = 256 << 10;
/// Most that may be asked side by side.
const MOST: usize = 5;

impl Admissions {
    /// Admits a run whose attempts work in parallel and are compared.
    ///
    /// # Errors
    /// A [`Problem`] if the request is refused.
    pub async fn dispatch_several(
        &self,
        request: ExecuteRequest,
        executors: &[String],
        principal: &str,
    ) -> Result<RunId, Problem> {
        if request.executor.is_some() {
            return Err(Problem::caller(
                ErrorCode::OneExecutorNamed,
                "`executor` names one, and a consensus asks several",
                "leave `executor` out and give `executors`, or nothing: then the chooser picks two",
            ));
        }
        bounds::check(&json!({ "executors": executors }))?;
        let _taking_in = self.taking_in()?;
        let order = self.orders.order(request).await?;
        let picks = match executors.len() {
            0 => self.two_best(&order).await?,
            2..=MOST => executors
                .iter()
                .map(|name| self.selection.asked_for(name, &order))
                .collect::<Result<_, _>>()?,
            number => {
                return Err(Problem::caller(
                    ErrorCode::NotSeveral,
                    format!("{number} executor(s) are named"),
                    format!("name 2 to {MOST}, or none: then the chooser picks two"),
                ));
            }
        };
        let picks = side_by_side(picks);
        for pick in &picks {
            self.check_program(&pick.executor).await?;
        }
        let limits = self.settings.limits(Some(order.workspace.id), order.max_cost);
        let admission = self.admission(&order, picks, principal)?;
        self.admit(admission, &limits).await
    }

    /// The chooser's best, and its best of another executor: rungs of the ladder before anybody else.
    async fn two_best(&self, order: &Order) -> Result<Vec<Pick>, Problem> {
        let Ranked { candidates, picks, chooser, .. } = self.selection.ranked(order).await?;
        // Where the operator has set up a ladder, those who stand on it come first.
        let (rungs, others): (Vec<_>, Vec<_>) = picks.into_iter().partition(|pick| pick.rung.is_some());
        let picks = rungs.into_iter().chain(others);
        let mut two: Vec<Pick> = Vec::new();
        for pick in picks {
            if two.iter().all(|other| other.executor.plugin.name != pick.executor.plugin.name) {
                two.push(pick);
            }
            if two.len() == 2 {
                return Ok(two);
            }
        }
        let problem = self.selection.why_nobody(order, &candidates, &chooser, 2).await;
        if problem.code == ErrorCode::BudgetExhausted {
            return Err(problem);
        }
        Err(Problem::operator(
            ErrorCode::NobodyToCompare,
            format!("two different executors are needed, and {} is ready: {}", two.len(), problem.message),
            "install or log in to another agent that the message names, and check it",
        )
        .with(Operation::CheckExecutors))
    }
}

impl Escalation {
    /// What follows a round of several attempts: the judge compares their results.
    pub(crate) async fn compare_results(&self, run: &Running, view: &RunView, done: &[Done]) -> NextStep {
        let workspace = &run.order.workspace.name;
        let redactor = self.redaction.redactor();
        let results: Vec<ResultInQuestion> = done
            .iter()
            .map(|one| ResultInQuestion {
                report: report::report(&as_settled(view, one), &[], workspace, self.clock.now()),
                diff: redactor.text(&diff_of(&one.ended.artifacts)),
            })
            .collect();
        let cost: Micros = done.iter().map(|one| one.ended.cost.total).sum();
        let facts = json!({ "results": results });
        let (comparison, by, calls) = match self.plugins.compare(&results).await {
            Ok(called) => {
                let calls = decision(&called, "compare", facts);
                (called.value, called.plugin.digest.to_string(), calls)
            }
            Err(error) => {
                let calls = failed_decision(&error, "compare", facts).into_iter().collect();
                let reason = format!("nobody could compare what they did: {error}");
                let next = self.ask_person(view, done, &reason, "host".to_owned());
                return NextStep { calls, ..next };
            }
        };
        let winner = comparison.winner.and_then(|index| done.get(usize::try_from(index).ok()?));
        let details = verdict(&comparison, done, winner, cost);
        let next = match winner {
            Some(winner) => NextStep {
                chosen: Some(winner.attempt.id),
                ..NextStep::end(advance::end_state(&winner.settled))
            },
            // Where nobody could have done it, a person cannot choose either.
            None if done.iter().all(cannot) => {
                NextStep::end(done.last().map_or(RunState::Failed, |one| advance::end_state(&one.settled)))
            }
            None => self.ask_person(view, done, &comparison.reason, by.clone()),
        };
        NextStep { calls, ..next }.decided("verdict", by, &comparison.reason, details)
    }
}

/// Each is told whom it is compared with.
fn side_by_side(mut picks: Vec<Pick>) -> Vec<Pick> {
    let name =
        |pick: &Pick| jackfield_replay::describe::named(&pick.executor.plugin.name, pick.model.as_deref());
    let names: Vec<_> = picks.iter().map(name).collect();
    for pick in &mut picks {
        pick.reason = format!("one of {} side by side: {}", names.join(" and "), pick.reason);
    }
    picks
}

/// It failed for a reason that no better work would have changed.
fn cannot(done: &Done) -> bool {
    matches!(&done.settled, Settled::Failed(failure) if failure.class.kind() != FailureKind::Quality)
}

/// What was compared and how it came out, for whoever asks later.
fn verdict(comparison: &Comparison, done: &[Done], winner: Option<&Done>, cost: Micros) -> Value {
    json!({
        "comparison": comparison,
        "attempts": done.iter().map(|one| one.attempt.id).collect::<Vec<_>>(),
        "winner": winner.map(|one| one.attempt.id),
        "cost_usd": cost.usd(),
    })
}

/// The run as if that attempt were its only one, and settled.
fn as_settled(view: &RunView, done: &Done) -> RunView {
    let ended = &done.ended;
    let mut attempt = done.attempt.clone();
    attempt.state = AttemptState::Settled;
    attempt.outcome = Some(ended.outcome.clone());
    attempt.settled = Some(done.settled.clone());
    attempt.usage = ended.usage;
    attempt.cost = ended.cost.total;
    attempt.cost_source = Some(ended.cost.source);
    attempt.answer = Some(ended.answer.clone());
    attempt.latency_ms = Some(done.latency_ms);
    attempt.checks = (!ended.checks.is_empty()).then(|| ended.checks.clone());
    let artifact = |new: &NewArtifact| Artifact {
        id: 0,
        run: view.run.id,
        attempt: attempt.id,
        kind: new.kind.clone(),
        label: new.label.clone(),
        target: new.target.clone(),
        bytes: new.bytes,
        meta: new.meta.clone(),
        created_at: view.run.created_at,
    };
    RunView {
        task: view.task.clone(),
        run: jackfield_store::Run { chosen: None, ..view.run.clone() },
        artifacts: ended.artifacts.iter().map(artifact).collect(),
        attempts: vec![attempt],
    }
}

fn diff_of(artifacts: &[NewArtifact]) -> String {
    let diff = artifacts.iter().find(|artifact| artifact.kind == "diff");
    let read = |path: &str| {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(LONGEST_DIFF).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    let bytes = diff.map(|diff| read(&diff.target).unwrap_or_default()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
