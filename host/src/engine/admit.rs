//! Taking a request in: checked, somebody picked for it, the money held, and everything recorded
//! in one transaction. A refusal on the way leaves nothing half-made.

use super::Inner;
use super::attempt::Planned;
use super::choose::{Pick, concerning};
use super::events::clip;
use super::life::Running;
use super::order::Order;
use super::pricing::Pricing;
use crate::api::ExecuteRequest;
use jackfield_plugins::ExecutorInfo;
use jackfield_plugins::facts::driving::Capabilities;
use jackfield_store::{Account, Admission, Idempotency, NewAttempt, NewRun, NewTask};
use jackfield_types::{AttemptId, Digest, Micros, Problem, RunId, TaskId, Timestamp};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// Longest title of a task, bytes.
const TITLE: usize = 80;

/// Names given before anything of it is on record.
#[derive(Debug, Clone, Copy)]
struct Ids {
    task: TaskId,
    run: RunId,
    attempt: AttemptId,
}

impl Inner {
    /// Takes a request in and starts its run. Gives the run's id at once.
    pub(crate) async fn dispatch(
        self: &Arc<Self>,
        request: ExecuteRequest,
        principal: &str,
    ) -> Result<RunId, Problem> {
        // Counted before the look, so that a shutdown waits until this is refused or in its hands.
        let _taking_in = self.tasks.token();
        if self.stop.is_cancelled() {
            return Err(Problem::operator(
                "stopping",
                "the host is being stopped",
                "start it again, then ask again",
            ));
        }
        let order = self.order(request).await?;
        let pick = self.pick(&order).await?;
        if let Some(program) = self.missing_program(&pick.executor.description) {
            return Err(Problem::operator(
                "program_missing",
                format!(
                    "the executor '{}' needs `{}`, which is not on the PATH",
                    pick.executor.plugin.name, program.name
                ),
                format!("install it: {}", program.install),
            ));
        }
        let ids = Ids { task: TaskId::new(), run: RunId::new(), attempt: AttemptId::new() };
        let planned = self.planned(&order, &pick, ids);
        let limits = self.limits(Some(order.workspace.id), order.max_cost);
        let admission = self.admission(&order, pick, &planned, ids, principal)?;
        let admitted = self.store.admit(admission, &limits).await.map_err(|error| error.problem())?;
        if !admitted.existing {
            let run =
                Arc::new(Running::new(admitted.run, admitted.task, order, limits, self.stop.child_token()));
            self.running.lock().insert(admitted.run, Arc::clone(&run));
            self.tasks.spawn(Arc::clone(self).live(run, planned));
        }
        Ok(admitted.run)
    }

    fn planned(&self, order: &Order, pick: &Pick, ids: Ids) -> Planned {
        Planned {
            id: ids.attempt,
            executor: pick.executor.clone(),
            model: pick.model.clone(),
            effort: pick.effort.or(order.request.effort),
            pricing: self.pricing(&pick.executor, pick.model.as_deref(), self.clock.now()),
        }
    }

    /// How work of an executor with a model is priced, at the prices of that time.
    pub(crate) fn pricing(&self, executor: &ExecutorInfo, model: Option<&str>, at: Timestamp) -> Pricing {
        let description = &executor.description;
        let section = self.executor_section(&executor.plugin.name);
        let known = description.models.iter().find(|known| Some(known.name.as_str()) == model);
        let free = description.capabilities.contains(Capabilities::FREE);
        let adapter = known.and_then(|model| model.rates.clone()).map(Into::into);
        Pricing::of(free, model, &section, adapter, &self.config().breaker, at)
    }

    fn admission(
        &self,
        order: &Order,
        pick: Pick,
        planned: &Planned,
        ids: Ids,
        principal: &str,
    ) -> Result<Admission, Problem> {
        let asked = serde_json::to_value(&order.request).map_err(|error| {
            Problem::caller("bad_request", error.to_string(), "send the request as documented")
        })?;
        let section = self.executor_section(&planned.executor.plugin.name);
        let usual = section.reserve_usd.unwrap_or(self.config().breaker.reserve_usd);
        let reserve = match planned.pricing {
            Pricing::Free => Micros::ZERO,
            _ => order.max_cost.map_or(usual, |most| most.min(usual)),
        };
        let Ids { task, run, attempt } = ids;
        let calls = concerning(pick.calls, task, run, Some(attempt));
        Ok(Admission {
            task: NewTask {
                id: task,
                workspace: order.workspace.id,
                principal: principal.to_owned(),
                title: title(order.request.title.as_deref(), &order.request.instruction),
                instruction: order.request.instruction.clone(),
                task_type: order.task_type.clone(),
                complexity: order.complexity,
                language: order.language.clone(),
                stack: order.stack.clone(),
                role: order.role,
                expect_change: order.expect_change,
                idempotency: idempotency(&order.request, &asked),
            },
            run: NewRun {
                id: run,
                workflow: "direct".into(),
                stage: "impl".into(),
                priority: 0,
                request: asked,
            },
            attempt: NewAttempt {
                id: attempt,
                number: 1,
                executor: planned.executor.plugin.name.clone(),
                model: planned.model.clone(),
                effort: planned.effort,
                adapter: planned.executor.plugin.clone(),
                chosen_by: pick.chosen_by,
                reason: pick.reason,
                reserve,
                account: Account::Billed,
                host: self.host.clone(),
            },
            calls,
        })
    }
}

/// The name that was given, or the instruction's first line.
pub(super) fn title(given: Option<&str>, instruction: &str) -> String {
    let mut lines = given.into_iter().chain([instruction]).flat_map(str::lines).map(str::trim);
    clip(lines.find(|line| !line.is_empty()).unwrap_or_default(), TITLE)
}

/// The key, and a digest of everything that makes it the same request. How long the caller waits
/// and how it wants the answer told do not.
fn idempotency(request: &ExecuteRequest, asked: &serde_json::Value) -> Option<Idempotency> {
    let key = request.idempotency_key.clone()?;
    let mut same = asked.clone();
    if let Some(fields) = same.as_object_mut() {
        for field in ["wait_s", "verbosity", "idempotency_key"] {
            fields.remove(field);
        }
    }
    let digest = Digest::from_bytes(Sha256::digest(same.to_string()).into());
    Some(Idempotency { key, digest: digest.to_string() })
}
