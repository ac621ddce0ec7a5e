//! Admission: checks a request, chooses executors, reserves the money, and records the task and its queued run in one
//! transaction. A refusal leaves nothing behind.

use crate::admission::order::Orders;
use crate::admission::place::Places;
use crate::admission::plans::{AttemptPlans, NewPlan};
use crate::admission::resolved_request::Order;
use crate::records::decisions::concerning;
use crate::scheduling::backlog::Backlog;
use crate::scheduling::shutdown::Shutdown;
use crate::scheduling::work::Work;
use crate::selection::choose::{Pick, Selection, nobody};
use crate::selection::health::HealthProbes;
use jackfield_api::ExecuteRequest;
use jackfield_core::settings::Settings;
use jackfield_plugins::ExecutorInfo;
use jackfield_replay::shadow::ShadowCalls;
use jackfield_store::{Admission, Idempotency, Limits, NewAttempt, NewPluginCall, NewRun, NewTask, Store};
use jackfield_types::clip;
use jackfield_types::{Digest, ErrorCode, Problem, RunId, TaskId, Workflow};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// Longest title of a task, bytes.
const TITLE: usize = 80;

/// Admits requests into the queue.
pub struct Admissions {
    pub(crate) store: Store,
    pub(crate) work: Work,
    pub(crate) wake: Arc<Notify>,
    pub(crate) tasks: TaskTracker,
    pub(crate) shutdown: Arc<Shutdown>,
    pub(crate) host: String,
    pub(crate) settings: Arc<Settings>,
    pub(crate) places: Arc<Places>,
    pub(crate) orders: Arc<Orders>,
    pub(crate) selection: Arc<Selection>,
    pub(crate) probes: Arc<HealthProbes>,
    pub(crate) plans: Arc<AttemptPlans>,
    pub(crate) backlog: Arc<Backlog>,
    pub(crate) shadow_calls: Arc<ShadowCalls>,
}

impl Admissions {
    /// Admits a request and queues its run. Returns the id of the run.
    pub async fn dispatch(&self, request: ExecuteRequest, principal: &str) -> Result<RunId, Problem> {
        let _taking_in = self.taking_in()?;
        let order = self.orders.order(request).await?;
        let pick = self.selection.pick(&order).await?;
        self.check_program(&pick.executor).await?;
        let limits = self.settings.limits(Some(order.workspace.id), order.max_cost);
        let admission = self.admission(&order, vec![pick], principal)?;
        self.admit(admission, &limits).await
    }

    /// Marks an admission in progress, so that a shutdown waits for it. Refused while the host stops.
    pub(crate) fn taking_in(&self) -> Result<TaskTrackerToken, Problem> {
        let token = self.tasks.token();
        if self.shutdown.closed.is_cancelled() {
            return Err(Problem::operator(
                ErrorCode::Stopping,
                "the host is being stopped",
                "ask again when it is back",
            ));
        }
        Ok(token)
    }

    /// Checks that the program of an executor is installed here or on a worker.
    ///
    /// # Errors
    /// The problem `program_not_found`, with the way to install it.
    pub async fn check_program(&self, executor: &ExecutorInfo) -> Result<(), Problem> {
        let Some(program) = self.probes.missing_program(&executor.description) else { return Ok(()) };
        if self.backlog.elsewhere_has(&executor.plugin.name).await? {
            return Ok(());
        }
        Err(Problem::operator(
            ErrorCode::ProgramMissing,
            format!(
                "the executor '{}' needs `{}`, which is not on the PATH",
                executor.plugin.name, program.name
            ),
            format!("install it: {}", program.install),
        ))
    }

    /// Records an admission and queues its run. Returns the id of the run; that of an earlier run for the same
    /// idempotency key.
    pub async fn admit(&self, admission: Admission, limits: &Limits) -> Result<RunId, Problem> {
        let (task, asked) = (admission.task.id, functions(&admission.calls));
        let admitted = self.store.admissions().admit(admission, limits).await?;
        self.wake.notify_one();
        self.shadow_calls.evaluate_in_background(task, asked);
        Ok(admitted.run)
    }

    /// Builds a task, its run, and the attempts of its first round.
    pub(crate) fn admission(
        &self,
        order: &Order,
        picks: Vec<Pick>,
        principal: &str,
    ) -> Result<Admission, Problem> {
        let asked = serde_json::to_value(&order.request).map_err(|error| {
            Problem::caller(ErrorCode::BadRequest, error.to_string(), "send the request as documented")
        })?;
        let (task, run) = (TaskId::new(), RunId::new());
        let mut calls = Vec::new();
        let mut attempts: Vec<NewAttempt> = Vec::new();
        for pick in picks {
            let number = crate::escalation::advance::count(&attempts) + 1;
            let attempt = self.plans.new_attempt(
                order,
                pick.executor,
                pick.rung,
                NewPlan {
                    number,
                    round: 1,
                    model: pick.model,
                    effort: pick.effort.or(order.request.effort),
                    reason: pick.reason,
                    chosen_by: pick.chosen_by,
                    context: None,
                },
            );
            calls.extend(concerning(pick.calls, task, run, Some(attempt.id)));
            attempts.push(attempt);
        }
        let beside = attempts.split_off(1);
        let Some(attempt) = attempts.pop() else { return Err(nobody(&[], None)) };
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
                position: Workflow::direct().first(),
                idempotency: idempotency(&order.request, &asked),
            },
            run: NewRun {
                id: run,
                priority: order.request.priority.unwrap_or(0),
                request: self.with_folder(asked, order),
                affinity: (self.work == Work::Own).then(|| self.host.clone()),
                assigned: false,
                trace: crate::records::trace::kept(),
                place: order.place_kept(),
            },
            attempt,
            beside,
            calls,
        })
    }

    /// The request as recorded, with the workspace and the gates of this host's configuration: the worker may have
    /// others.
    fn with_folder(&self, mut asked: serde_json::Value, order: &Order) -> serde_json::Value {
        let Some(fields) = asked.as_object_mut() else { return asked };
        if order.request.workspace.is_none() {
            fields.insert("workspace".into(), order.source.path().to_string_lossy().into());
        }
        if !order.gates.is_empty() {
            fields.insert("gates".into(), serde_json::to_value(&order.gates).unwrap_or_default());
        }
        asked
    }
}

/// The functions that were called, without consecutive repeats.
pub(crate) fn functions(calls: &[NewPluginCall]) -> Vec<String> {
    let mut functions: Vec<_> = calls.iter().map(|call| call.function.clone()).collect();
    functions.dedup();
    functions
}

/// The given title, else the first line of the instruction.
pub fn title(given: Option<&str>, instruction: &str) -> String {
    let mut lines = given.into_iter().chain([instruction]).flat_map(str::lines).map(str::trim);
    clip(lines.find(|line| !line.is_empty()).unwrap_or_default(), TITLE)
}

/// The key, with a digest of the request without its wait and its verbosity.
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
