//! External attempts, made outside Jackfield: recorded, charged and counted like any other.

use super::texts::{idempotency, text};
use crate::handles::Tasks;
use jackfield_api::{ExternalOutcome, RecordedRequest, WriteAnswer, WriteRequest, bounds};
use jackfield_runs::admission::pricing::{Cost, Pricing};
use jackfield_store::{
    Account, ExternalAttempt, Logged, NewArtifact, NewAttempt, NewRun, Settlement, Task, Then, WriteBound,
};
use jackfield_types::{
    AttemptId, CostSource, Delivered, ErrorCode, Failure, FailureClass, Micros, Outcome, Problem, Process,
    RunId, RunState, Scope, Settled, Usage, Verified, settle,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl Tasks<'_> {
    /// Records an external attempt and charges it. The money is spent already, so no limit refuses it to an
    /// administrator. Other principals may record up to `breaker.write_day_usd` a day, and no amount that would halt a
    /// limit.
    ///
    /// # Errors
    /// A [`Problem`] if the task or executor does not exist, the cost is unknown, a figure is out of bounds, or the
    /// principal may not record that amount.
    pub async fn write_attempt(self, task: &str, request: WriteRequest) -> Result<WriteAnswer, Problem> {
        self.0.caller.require(Scope::Execute)?;
        bounds::check(&request)?;
        let task = self.find(task).await?;
        let task = self.0.inner.store.runs().task(task).await?;
        let maker = self.0.inner.runs.plans.external_executor(&request)?;
        check_figures(&request)?;
        let cost = cost(&maker.pricing, &request)?;
        let outcome = outcome(&request, &task)?;
        let summary = text("summary", request.summary.clone())?;
        let settled = settle(&outcome, task.expect_change);
        let asked = RecordedRequest::External {
            instruction: task.instruction.clone(),
            external: Box::new(request.clone()),
        };
        let attempt = AttemptId::new();
        let label = label(&request, &settled, &cost);
        let external = ExternalAttempt {
            task: task.id,
            principal: self.0.caller.name().to_owned(),
            bound: self.write_bound(),
            run: NewRun {
                id: RunId::new(),
                priority: 0,
                request: asked.to_json(),
                affinity: None,
                assigned: false,
                trace: BTreeMap::new(),
                place: None,
            },
            attempt: NewAttempt {
                id: attempt,
                number: 1,
                executor: request.executor.clone(),
                model: maker.model.clone(),
                effort: None,
                adapter: maker.adapter,
                chosen_by: None,
                reason: format!("made elsewhere, written down by {}", self.0.caller.name()),
                reserve: Micros::ZERO,
                account: Account::Billed,
                host: self.0.inner.runs.shared.host.clone(),
                rung: None,
                round: 1,
                context: None,
            },
            without_component: maker.without_component,
            settlement: Settlement {
                attempt,
                then: Then::End(ended(&settled)),
                decisions: Vec::new(),
                chosen: None,
                outcome,
                settled,
                usage: usage(&request),
                total: cost.total,
                source: cost.source,
                price_as_of: cost.price_as_of,
                exit_code: None,
                signal: None,
                latency_ms: request.latency_ms,
                answer: Some(summary),
                session: None,
                model: maker.model,
                artifacts: artifacts(&request),
                transcript: None,
                calls: Vec::new(),
                events: Vec::new(),
            },
            idempotency: idempotency(request.idempotency_key.clone(), json!({ "write": request })),
            label,
            content: json!(request),
        };
        let limits = self.0.inner.settings.limits(Some(task.workspace), None);
        let logged = self.0.inner.store.tasks().log_attempt(external, &limits).await?;
        self.written(logged).await
    }

    /// The bound on what the principal may record; `None` for an administrator.
    fn write_bound(self) -> Option<WriteBound> {
        let breaker = &self.0.inner.settings.config().breaker;
        let bound = WriteBound { day: breaker.writes(), spare: breaker.reserve_usd };
        (!&self.0.caller.scopes().allow(Scope::Admin)).then_some(bound)
    }

    /// Returns the recorded attempt; for a repeated request, the one that was recorded first.
    async fn written(self, logged: Logged) -> Result<WriteAnswer, Problem> {
        let view = self.0.runs().get(logged.run).await?;
        let attempt = self.0.inner.store.runs().attempt(logged.attempt).await?;
        Ok(WriteAnswer {
            task_id: view.task.id,
            run_id: view.run.id,
            attempt_id: attempt.id,
            state: view.run.state,
            failure_class: match attempt.settled {
                Some(Settled::Failed(failure)) => Some(failure.class),
                _ => None,
            },
            cost_usd: attempt.cost,
            cost_source: attempt.cost_source.unwrap_or(CostSource::Ceiling),
            existing: logged.existing,
        })
    }
}

/// Checks the figures, which people type and scripts send.
fn check_figures(request: &WriteRequest) -> Result<(), Problem> {
    let figures = [
        ("input_tokens", request.input_tokens),
        ("cached_input_tokens", request.cached_input_tokens),
        ("cache_write_tokens", request.cache_write_tokens),
        ("output_tokens", request.output_tokens),
        ("latency_ms", request.latency_ms),
    ];
    match figures.into_iter().find(|(_, figure)| *figure > Usage::MOST) {
        Some((name, figure)) => Err(Problem::caller(
            ErrorCode::BadFigure,
            format!("{name} is {figure}, which is out of bounds"),
            format!("give at most {}", Usage::MOST),
        )),
        None => Ok(()),
    }
}

fn usage(request: &WriteRequest) -> Usage {
    Usage {
        input: request.input_tokens,
        cached_input: request.cached_input_tokens,
        cache_write: request.cache_write_tokens,
        output: request.output_tokens,
        reasoning: 0,
        cost: request.cost_usd.map(Micros::from_usd),
        estimated: false,
    }
}

/// The given cost, else the cost of the tokens; at the ceiling if no price is known.
fn cost(pricing: &Pricing, request: &WriteRequest) -> Result<Cost, Problem> {
    match request.cost_usd {
        Some(usd) if usd.is_finite() && (0.0..=Micros::MOST.usd()).contains(&usd) => {
            Ok(Cost { total: Micros::from_usd(usd), source: CostSource::Agent, price_as_of: None })
        }
        Some(usd) => Err(Problem::caller(
            ErrorCode::BadCost,
            format!("cost_usd is {usd}"),
            "give dollars, 0 to 1000000, like 0.05; or leave it out and give the tokens",
        )),
        None if *pricing != Pricing::Free && usage(request).total() == 0 => Err(Problem::caller(
            ErrorCode::NoCost,
            "neither cost_usd nor any token is given, and this executor is not free",
            "give cost_usd, or the tokens that were used; cost_usd = 0 where it cost nothing",
        )),
        None => match pricing.cost(&usage(request)) {
            cost if cost.total <= Micros::MOST => Ok(cost),
            cost => Err(Problem::caller(
                ErrorCode::BadFigure,
                format!("the tokens cost {}, which is out of bounds", cost.total),
                format!("give the tokens of one attempt, which cost at most {}", Micros::MOST),
            )),
        },
    }
}

fn outcome(request: &WriteRequest, task: &Task) -> Result<Outcome, Problem> {
    let refuse = |code: ErrorCode, message: &str, remedy: &str| Err(Problem::caller(code, message, remedy));
    let delivered = match (&request.branch, &request.url) {
        (Some(_), _) => Delivered::Diff,
        (None, Some(_)) => Delivered::Artifact,
        (None, None) => Delivered::Nothing,
    };
    let verified = request.verified.unwrap_or(Verified::NotRun);
    let (process, failure) = match (request.outcome, request.failure_class) {
        (ExternalOutcome::Succeeded, Some(_)) => {
            return refuse(
                ErrorCode::BadOutcome,
                "a failure class is given for an attempt that succeeded",
                "leave failure_class out, or say outcome = failed",
            );
        }
        (ExternalOutcome::Succeeded, None) => (Process::Exited, None),
        (ExternalOutcome::Failed, class) => {
            if request.summary.trim().is_empty() {
                return refuse(
                    ErrorCode::NoSummary,
                    "nothing says why it failed",
                    "say in summary what went wrong",
                );
            }
            let why = Failure::new(class.unwrap_or(FailureClass::Unknown), request.summary.trim());
            (Process::Failed, Some(why))
        }
    };
    if process == Process::Exited && task.expect_change && delivered == Delivered::Nothing {
        return refuse(
            ErrorCode::NothingDelivered,
            "the task asks for a change, and nothing says where it is",
            "name the branch, or the url of the pull request; or say outcome = failed",
        );
    }
    Ok(Outcome { process, delivered, verified, failure, denied: Vec::new() })
}

const fn ended(settled: &Settled) -> RunState {
    match settled {
        Settled::Succeeded { .. } => RunState::Succeeded,
        Settled::Failed(Failure { class: FailureClass::Cancelled, .. }) => RunState::Cancelled,
        Settled::Failed(_) => RunState::Failed,
    }
}

fn artifacts(request: &WriteRequest) -> Vec<NewArtifact> {
    let named = |kind: &str, label: &str, target: &Option<String>| {
        target.clone().map(|target| NewArtifact {
            kind: kind.to_owned(),
            label: label.to_owned(),
            target,
            bytes: None,
            meta: Value::Null,
        })
    };
    let branch = named("branch", "the branch that holds the work", &request.branch);
    branch.into_iter().chain(named("url", "where the result is", &request.url)).collect()
}

/// A one-line label for people.
fn label(request: &WriteRequest, settled: &Settled, cost: &Cost) -> String {
    let came_to = match settled {
        Settled::Succeeded { .. } => "succeeded".to_owned(),
        Settled::Failed(failure) => format!("failed ({})", failure.class),
    };
    let model = request.model.as_deref().map(|model| format!("/{model}")).unwrap_or_default();
    format!("{}{model} {came_to} elsewhere, {}", request.executor, cost.total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> WriteRequest {
        serde_json::from_value(json!({ "executor": "claude", "outcome": "succeeded", "latency_ms": 5 }))
            .unwrap()
    }

    #[test]
    fn missing_cost_is_refused_and_not_taken_as_zero() {
        let ceiling = Pricing::Ceiling(Micros::dollars(25));
        assert_eq!(cost(&ceiling, &request()).unwrap_err().code, "no_cost");
        assert_eq!(cost(&Pricing::Free, &request()).unwrap().total, Micros::ZERO);
        let tokens = WriteRequest { input_tokens: 1_000_000, ..request() };
        let charged = cost(&ceiling, &tokens).unwrap();
        assert_eq!((charged.total, charged.source), (Micros::dollars(25), CostSource::Ceiling));
        let told = cost(&ceiling, &WriteRequest { cost_usd: Some(0.25), ..tokens }).unwrap();
        assert_eq!((told.total, told.source), (Micros(250_000), CostSource::Agent));
        for bad in [-0.1, f64::NAN, f64::INFINITY, 1e308, 1_000_001.0] {
            let refused = cost(&ceiling, &WriteRequest { cost_usd: Some(bad), ..request() });
            assert_eq!(refused.unwrap_err().code, "bad_cost", "{bad}");
        }
        let absurd = WriteRequest { output_tokens: u64::MAX, ..request() };
        assert_eq!(check_figures(&absurd).unwrap_err().code, "bad_figure");
        let dear = WriteRequest { input_tokens: Usage::MOST, ..request() };
        assert!(check_figures(&dear).is_ok());
        assert_eq!(cost(&ceiling, &dear).unwrap_err().code, "bad_figure", "25 million dollars");
    }
}
