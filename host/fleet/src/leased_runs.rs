//! Runs that another host assigned to this one. This host records and executes each as a run of one round, and reports
//! its end; the assigning host decides the next step.

use jackfield_api::remote::{AssignedAttempt, Assignment, AttemptResult, ComponentCall};
use jackfield_core::settings::Settings;
use jackfield_plugins::Plugins;
use jackfield_runs::admission::admit::Admissions;
use jackfield_runs::admission::order::Orders;
use jackfield_runs::admission::resolved_request::Order;
use jackfield_store::{
    Account, Admission, Attempt, Limits, NewAttempt, NewRun, NewTask, RunView, Store, StoreError,
};
use jackfield_types::{
    AttemptId, AttemptState, ErrorCode, Failure, FailureClass, Micros, Outcome, Problem, Process, RunId,
    TaskId, Verified, Workflow,
};
use jackfield_workspace::{ChangedFile, Commit};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files and commits that an attempt left.
#[derive(Debug, Clone)]
pub struct Left {
    /// Its log file.
    pub log: PathBuf,
    /// Its diff file.
    pub diff: PathBuf,
    /// Its repository, its branch and its base commit.
    pub work: Option<(PathBuf, String, Commit)>,
}

/// Runs that another host has assigned to this one.
pub struct Assignments {
    store: Store,
    plugins: Arc<Plugins>,
    host: String,
    settings: Arc<Settings>,
    orders: Arc<Orders>,
    admissions: Arc<Admissions>,
}

impl Assignments {
    /// Creates them on top of the services of the runs.
    pub fn new(runs: &jackfield_runs::Services) -> Self {
        Self {
            store: runs.shared.store.clone(),
            plugins: Arc::clone(&runs.shared.plugins),
            host: runs.shared.host.clone(),
            settings: Arc::clone(&runs.settings),
            orders: Arc::clone(&runs.orders),
            admissions: Arc::clone(&runs.admissions),
        }
    }

    /// Records an assignment as a run in the queue of this host, with its worktree in `folder`. Returns the run that
    /// is on record if the assignment came before.
    ///
    /// # Errors
    /// A [`Problem`] if this host cannot execute it.
    pub async fn take_assignment(&self, assignment: Assignment, folder: &Path) -> Result<RunId, Problem> {
        let Some(first) = assignment.attempts.first() else {
            return Err(Problem::caller(
                ErrorCode::NoAttempts,
                "nothing is to be made",
                "give at least one attempt",
            ));
        };
        match self.store.runs().attempt(first.id).await {
            Ok(known) => return Ok(known.run),
            Err(StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error.problem()),
        }
        let mut request = assignment.request;
        request.workspace = Some(folder.join(&assignment.subpath).to_string_lossy().into_owned());
        request.idempotency_key = None;
        // The workspace name of the request is that of the assigning host; the path decides.
        let order = self.orders.order(request).await?;
        let mut attempts = Vec::new();
        for (index, attempt) in assignment.attempts.iter().enumerate() {
            attempts.push(self.assigned_attempt(
                &order,
                attempt,
                u32::try_from(index).unwrap_or_default() + 1,
            )?);
        }
        let beside = attempts.split_off(1);
        let Some(attempt) = attempts.pop() else { return Ok(RunId::new()) };
        let run = RunId::new();
        let admission = Admission {
            task: NewTask {
                id: TaskId::new(),
                workspace: order.workspace.id,
                principal: "host".into(),
                title: assignment.title,
                instruction: order.request.instruction.clone(),
                task_type: assignment.task_type,
                complexity: assignment.complexity,
                language: assignment.language,
                stack: assignment.stack,
                role: assignment.role,
                expect_change: assignment.expect_change,
                position: Workflow::direct().first(),
                idempotency: None,
            },
            run: NewRun {
                id: run,
                priority: 0,
                request: serde_json::to_value(&order.request).unwrap_or_default(),
                affinity: None,
                assigned: true,
                trace: assignment.trace,
                place: order.place_kept(),
            },
            attempt,
            beside,
            calls: Vec::new(),
        };
        // The assigning host holds the reservation.
        self.admissions.admit(admission, &Limits::none()).await
    }

    fn assigned_attempt(
        &self,
        order: &Order,
        given: &AssignedAttempt,
        number: u32,
    ) -> Result<NewAttempt, Problem> {
        let serving = self.plugins.executors().into_iter();
        let Some(executor) = serving.into_iter().find(|info| info.plugin.name == given.executor) else {
            return Err(Problem::operator(
                ErrorCode::UnknownExecutor,
                format!("the executor '{}' is not in service on this worker", given.executor),
                "drop its component into the worker's plugin folder",
            ));
        };
        // The component of that name may differ from that of the assigning host.
        if executor.runs_as_command && given.chosen && !order.may_run_by_choice(&given.executor) {
            return Err(Problem::operator(
                ErrorCode::RunsAsCommand,
                format!(
                    "the executor '{}' of this worker runs the instruction as a command, and the request does not name it",
                    given.executor
                ),
                "give the worker the component that the host has, or name the executor",
            ));
        }
        if let Some(rung) = &given.rung
            && !self.settings.config().ladder.iter().any(|known| known.name == *rung)
        {
            return Err(Problem::operator(
                ErrorCode::UnknownRung,
                format!("this worker's configuration has no rung '{rung}'"),
                "copy its [[ladder]] section from the host's jackfield.toml into the worker's",
            ));
        }
        Ok(NewAttempt {
            id: given.id,
            number,
            executor: given.executor.clone(),
            model: given.model.clone(),
            effort: given.effort,
            adapter: executor.plugin,
            chosen_by: None,
            reason: given.reason.clone(),
            reserve: Micros(i64::try_from(given.held).unwrap_or(i64::MAX)),
            account: Account::Billed,
            host: self.host.clone(),
            rung: given.rung.clone(),
            round: 1,
            context: given.context.clone(),
        })
    }
}

/// The result of an attempt that has ended, for the assigning host.
pub fn over(view: &RunView, attempt: &Attempt, calls: Vec<ComponentCall>) -> AttemptResult {
    let diff =
        view.artifacts.iter().find(|artifact| artifact.attempt == attempt.id && artifact.kind == "diff");
    let field = |name: &str| diff.and_then(|artifact| artifact.meta.get(name)).cloned().unwrap_or_default();
    AttemptResult {
        id: attempt.id,
        outcome: attempt.outcome.clone().unwrap_or_else(|| unknown_outcome(attempt.state)),
        usage: attempt.usage,
        exit_code: attempt.exit_code,
        signal: attempt.signal,
        answer: attempt.answer.clone().unwrap_or_default(),
        session: attempt.session.clone(),
        model: attempt.model.clone(),
        latency_ms: attempt.latency_ms.unwrap_or(0),
        head: serde_json::from_value::<Option<Commit>>(field("head")).unwrap_or_default(),
        changed: serde_json::from_value::<Vec<ChangedFile>>(field("files")).unwrap_or_default(),
        checks: attempt.checks.clone().unwrap_or_default(),
        leftovers: jackfield_runs::execution::leftovers::listed(
            view.artifacts.iter().filter(|artifact| artifact.attempt == attempt.id),
        ),
        calls,
    }
}

/// The outcome of an unsettled attempt, which an ended run does not have.
fn unknown_outcome(state: AttemptState) -> Outcome {
    let failure = Failure::new(FailureClass::Unknown, format!("the worker's record of it is {state}"));
    Outcome {
        process: Process::Lost,
        delivered: jackfield_types::Delivered::Nothing,
        verified: Verified::NotRun,
        failure: Some(failure),
        denied: Vec::new(),
    }
}

/// The result of an attempt that this worker could not accept.
pub fn refused(attempt: AttemptId, problem: &Problem) -> AttemptResult {
    let failure =
        Failure::new(FailureClass::NoProgram, problem.message.clone()).with_remedy(problem.remedy.clone());
    AttemptResult {
        id: attempt,
        outcome: Outcome {
            process: Process::Failed,
            delivered: jackfield_types::Delivered::Nothing,
            verified: Verified::NotRun,
            failure: Some(failure),
            denied: Vec::new(),
        },
        usage: jackfield_types::Usage::default(),
        exit_code: None,
        signal: None,
        answer: String::new(),
        session: None,
        model: None,
        latency_ms: 0,
        head: None,
        changed: Vec::new(),
        checks: Vec::new(),
        leftovers: Vec::new(),
        calls: Vec::new(),
    }
}
