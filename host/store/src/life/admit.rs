//! Admission: checks the breaker, reserves the money and creates the rows in one transaction.

use super::refusal::{Place, refuse, refuse_any};
use super::{events, states, task_state};
use crate::file::{Columns, Counted, Exact, Tx, hour, stamp, word};
use crate::handles::Admissions;
use crate::money::{breaker, ledger};
use crate::queue::milliseconds;
use crate::view::{runs, trail, workspaces};
use crate::{
    AdmitError, Idempotency, LedgerKind, Limits, NewAttempt, NewPluginCall, NewRun, NewTask, RecordKind,
    Refusal, Run, StoreError,
};
use jackfield_model::{AttemptPlanned, RunAdmitted, RunEvent, RunQueued, RunRetried};
use jackfield_sql::params;
use jackfield_types::{Micros, RunId, RunState, StagePosition, TaskEvent, TaskId, TaskState, Timestamp};
use serde_json::json;

/// A task with its first run and that run's first attempt.
#[derive(Debug, Clone)]
pub struct Admission {
    /// The task.
    pub task: NewTask,
    /// The new run.
    pub run: NewRun,
    /// Its first attempt.
    pub attempt: NewAttempt,
    /// The attempts that run in parallel with it.
    pub beside: Vec<NewAttempt>,
    /// The decisions that led to it.
    pub calls: Vec<NewPluginCall>,
}

/// Another run of an existing task, with its first attempt.
#[derive(Debug, Clone)]
pub struct RunOfTask {
    /// The stage that it is for.
    pub position: StagePosition,
    /// The new run.
    pub run: NewRun,
    /// Its first attempt.
    pub attempt: NewAttempt,
    /// The decisions that led to it.
    pub calls: Vec<NewPluginCall>,
}

/// A retry of an ended run.
#[derive(Debug, Clone)]
pub struct Retry {
    /// The run.
    pub of: RunId,
    /// Calls with the same key are one retry.
    pub key: Option<String>,
    /// The principal that asked for it.
    pub principal: String,
    /// The reason.
    pub reason: String,
    /// Its execution, for the stage of the retried run.
    pub run: NewRun,
    /// The attempts of its first round, which run in parallel.
    pub attempts: Vec<NewAttempt>,
    /// The decisions that led here.
    pub calls: Vec<NewPluginCall>,
}

/// The result of a retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retried {
    /// Admitted as this run.
    Admitted(RunId),
    /// Admitted before under the same key.
    Existing(RunId),
    /// This run of the same task has not ended. Nothing was created.
    Active(RunId),
}

/// The result of an admission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admitted {
    /// The task.
    pub task: TaskId,
    /// Its run; the newest one of an existing task.
    pub run: RunId,
    /// The request was admitted before under the same key: nothing was created or reserved.
    pub existing: bool,
}

impl Admissions<'_> {
    /// Admits a task, its run and its first attempts, and reserves the worst case of each.
    ///
    /// However many callers and processes admit at once, the reserved and spent amounts never exceed a halting limit.
    /// A refusal leaves only an event behind. Free work is never refused.
    pub async fn admit(self, admission: Admission, limits: &Limits) -> Result<Admitted, AdmitError> {
        let limits = limits.clone();
        self.0
            .write(move |tx| {
                let Admission { task, run, attempt, beside, calls } = &admission;
                if let Some(key) = &task.idempotency
                    && let Some(known) = known(tx, &task.principal, key)?
                {
                    return Ok(Ok(known));
                }
                workspaces::by_id(tx, task.workspace)?;
                let place = Place {
                    task: task.id,
                    run: run.id,
                    workspace: task.workspace,
                    principal: &task.principal,
                };
                let attempts: Vec<&NewAttempt> = std::iter::once(attempt).chain(beside).collect();
                if let Some(refusal) = refuse_any(tx, &limits, place, &attempts)? {
                    return Ok(Err(AdmitError::Refused(Box::new(refusal))));
                }
                add_task(tx, task)?;
                add_run(tx, place, run, &task.position, &attempts)?;
                add_all(tx, &limits, place, &attempts, calls)?;
                Ok(Ok(Admitted { task: place.task, run: place.run, existing: false }))
            })
            .await?
    }

    /// Admits another run of an existing task, with its first attempt. Refused unless the run is for the stage that
    /// the task is in, and no other run of the task is active.
    pub async fn admit_run(
        self,
        task: TaskId,
        admission: RunOfTask,
        limits: &Limits,
    ) -> Result<(), AdmitError> {
        let limits = limits.clone();
        self.0.write(move |tx| admit_run(tx, task, &admission, Beside::Nothing, &limits)).await?
    }

    /// Admits a retry of an ended run: another run of its task, with the attempts of its first round.
    pub async fn admit_retry(self, retry: Retry, limits: &Limits) -> Result<Retried, AdmitError> {
        let limits = limits.clone();
        self.0
            .write(move |tx| {
                let Retry { of, key, principal, reason, run, attempts, calls } = &retry;
                let retried_run = runs::run_of(tx, *of)?;
                let (task, position) = (retried_run.task, retried_run.position());
                if let Some(key) = key
                    && let Some(known) = retried(tx, *of, task, key)?
                {
                    return Ok(Ok(Retried::Existing(known)));
                }
                if let Some((active, _)) = runs::active_run_of(tx, task)? {
                    return Ok(Ok(Retried::Active(active)));
                }
                let found = runs::task_of(tx, task)?;
                task_state::check_stage(&found, &position)?;
                let place = Place { task, run: run.id, workspace: found.workspace, principal };
                let attempts: Vec<&NewAttempt> = attempts.iter().collect();
                if let Some(refusal) = refuse_any(tx, &limits, place, &attempts)? {
                    return Ok(Err(AdmitError::Refused(Box::new(refusal))));
                }
                add_run(tx, place, run, &position, &attempts)?;
                tx.exec(
                    "UPDATE runs SET retry_of = ?2, retry_key = ?3 WHERE id = ?1",
                    params![run.id.to_string(), of.to_string(), key],
                )?;
                let retried = RunRetried { of: *of, by: principal.clone(), reason: reason.clone() };
                events::add(tx, run.id, None, &RunEvent::RunRetried(retried))?;
                add_all(tx, &limits, place, &attempts, calls)?;
                task_state::apply(tx, &found, &TaskEvent::RunQueued, Some(run.id))?;
                Ok(Ok(Retried::Admitted(run.id)))
            })
            .await?
    }

    /// Admits another attempt of a run that has not ended. Several may run at once.
    pub async fn add_attempt(
        self,
        run: RunId,
        attempt: NewAttempt,
        calls: Vec<NewPluginCall>,
        limits: &Limits,
    ) -> Result<(), AdmitError> {
        let limits = limits.clone();
        self.0
            .write(move |tx| {
                let run = runs::run_of(tx, run)?;
                if run.state.is_final() {
                    return Err(StoreError::illegal(RecordKind::Run, run.id, run.state, RunState::Running));
                }
                let principal = principal_of(tx, run.id)?;
                let place =
                    Place { task: run.task, run: run.id, workspace: run.workspace, principal: &principal };
                if let Some(refusal) = refuse(tx, &limits, place, &attempt)? {
                    return Ok(Err(AdmitError::Refused(Box::new(refusal))));
                }
                add_attempt(tx, &limits, place, &attempt, &calls)?;
                Ok(Ok(()))
            })
            .await?
    }
}

/// Returns a run to the queue with the attempts of its next round. If the breaker refuses one of them, returns the
/// refusal and creates nothing.
pub(crate) fn queue_again(
    tx: &Tx<'_>,
    run: &Run,
    attempts: &[NewAttempt],
    calls: &[NewPluginCall],
    limits: &Limits,
    not_before: Option<Timestamp>,
) -> Result<Option<Refusal>, StoreError> {
    let principal = principal_of(tx, run.id)?;
    let place = Place { task: run.task, run: run.id, workspace: run.workspace, principal: &principal };
    let attempts: Vec<&NewAttempt> = attempts.iter().collect();
    if let Some(refusal) = refuse_any(tx, limits, place, &attempts)? {
        return Ok(Some(refusal));
    }
    add_all(tx, limits, place, &attempts, calls)?;
    tx.exec(
        "UPDATE runs SET wants = ?2, queued_ms = ?3, not_before_ms = ?4 WHERE id = ?1",
        params![
            run.id.to_string(),
            wants(&attempts),
            milliseconds(tx.now),
            not_before.map_or(0, milliseconds),
        ],
    )?;
    states::run_becomes(tx, run.id, RunState::Queued, None)?;
    Ok(None)
}

/// Admits another run of a task: see [`Admissions::admit_run`].
/// What may be at work on a task beside a run that is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    Nothing,
    /// Other runs, of which the caller knows.
    Others,
}

pub(crate) fn admit_run(
    tx: &Tx<'_>,
    task: TaskId,
    admission: &RunOfTask,
    beside: Beside,
    limits: &Limits,
) -> Result<Result<(), AdmitError>, StoreError> {
    let RunOfTask { position, run, attempt, calls } = admission;
    let task = runs::task_of(tx, task)?;
    task_state::check_stage(&task, position)?;
    if let (Beside::Nothing, Some((active, _))) = (beside, runs::active_run_of(tx, task.id)?) {
        let state = format!("at work in run {active}");
        return Err(StoreError::not_now("admit a run of", RecordKind::Task, task.id, state));
    }
    let place = Place { task: task.id, run: run.id, workspace: task.workspace, principal: &task.principal };
    if let Some(refusal) = refuse(tx, limits, place, attempt)? {
        return Ok(Err(AdmitError::Refused(Box::new(refusal))));
    }
    add_run(tx, place, run, position, &[attempt])?;
    add_attempt(tx, limits, place, attempt, calls)?;
    task_state::apply(tx, &task, &TaskEvent::RunQueued, Some(run.id))?;
    Ok(Ok(()))
}

/// The principal whose limits apply to a run: that of the run, else that of its task.
fn principal_of(tx: &Tx<'_>, run: RunId) -> Result<String, StoreError> {
    let found = tx.one(
        "SELECT COALESCE(runs.principal, tasks.principal) FROM runs JOIN tasks ON tasks.id = runs.task
         WHERE runs.id = ?1",
        [run.to_string()],
        |row| row.get(0),
    )?;
    found.ok_or_else(|| StoreError::NotFound { what: RecordKind::Run, id: run.to_string() })
}

/// The earlier admission under the key; `None` if the key is new.
fn known(tx: &Tx<'_>, principal: &str, idempotency: &Idempotency) -> Result<Option<Admitted>, StoreError> {
    let Some(task) = known_task(tx, principal, idempotency)? else { return Ok(None) };
    let run = runs::latest_run_of(tx, task)?
        .ok_or_else(|| StoreError::Damaged(format!("the task {task} has no run")))?;
    Ok(Some(Admitted { task, run, existing: true }))
}

/// The earlier retry of a run under the key; `None` if the key is new.
fn retried(tx: &Tx<'_>, of: RunId, task: TaskId, key: &str) -> Result<Option<RunId>, StoreError> {
    let found = tx.one(
        "SELECT id, retry_of FROM runs WHERE task = ?1 AND retry_key = ?2 LIMIT 1",
        params![task.to_string(), key],
        |row| Ok((row.parsed::<RunId>("id")?, row.parsed::<RunId>("retry_of")?)),
    )?;
    match found {
        Some((run, before)) if before == of => Ok(Some(run)),
        Some((run, _)) => {
            Err(StoreError::KeyUsed { key: key.to_owned(), what: RecordKind::Run, id: run.to_string() })
        }
        None => Ok(None),
    }
}

/// The task that was created under the key; `None` if the key is new.
pub(crate) fn known_task(
    tx: &Tx<'_>,
    principal: &str,
    idempotency: &Idempotency,
) -> Result<Option<TaskId>, StoreError> {
    let Idempotency { key, digest } = idempotency;
    let found = tx.one(
        "SELECT id, idempotency_digest FROM tasks WHERE principal = ?1 AND idempotency_key = ?2",
        params![principal, key],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
    )?;
    let Some((task, before)) = found else { return Ok(None) };
    let task: TaskId = task.parse().map_err(|_| StoreError::Damaged(format!("'{task}' is no task id")))?;
    if before != *digest {
        return Err(StoreError::KeyUsed { key: key.clone(), what: RecordKind::Task, id: task.to_string() });
    }
    Ok(Some(task))
}

pub(crate) fn add_task(tx: &Tx<'_>, task: &NewTask) -> Result<(), StoreError> {
    if !(1..=10).contains(&task.complexity) {
        return Err(StoreError::Misuse(format!("a complexity is 1 to 10, not {}", task.complexity)));
    }
    let (key, digest) = task.idempotency.as_ref().map(|i| (&i.key, &i.digest)).unzip();
    tx.exec(
        "INSERT INTO tasks (id, workspace, principal, title, instruction, task_type, complexity, language, stack,
                            role, expect_change, idempotency_key, idempotency_digest, workflow, stage, state,
                            created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?17)",
        params![
            task.id.to_string(),
            task.workspace.to_string(),
            Exact(&task.principal),
            task.title,
            task.instruction,
            task.task_type,
            task.complexity,
            task.language,
            json!(task.stack).to_string(),
            word(task.role),
            task.expect_change,
            Exact(key),
            Exact(digest),
            task.position.workflow.as_str(),
            task.position.stage.as_str(),
            TaskState::Ready.as_str(),
            stamp(tx.now),
        ],
    )?;
    tx.count(Counted::Tasks, 1);
    Ok(())
}

/// The executors of parallel attempts.
fn wants(attempts: &[&NewAttempt]) -> String {
    let wants: Vec<&str> = attempts.iter().map(|attempt| attempt.executor.as_str()).collect();
    json!(wants).to_string()
}

pub(super) fn add_run(
    tx: &Tx<'_>,
    place: Place<'_>,
    run: &NewRun,
    position: &StagePosition,
    attempts: &[&NewAttempt],
) -> Result<(), StoreError> {
    let StagePosition { workflow, stage, on_end } = position;
    tx.exec(
        "INSERT INTO runs (id, task, workspace, workflow, stage, priority, request, state, created_at, queued_ms,
                           affinity, wants, assigned, place, on_end, principal, owner)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                 (SELECT principal FROM tasks WHERE id = ?2))",
        params![
            run.id.to_string(),
            place.task.to_string(),
            place.workspace.to_string(),
            workflow.as_str(),
            stage.as_str(),
            run.priority,
            run.request.to_string(),
            RunState::Queued.as_str(),
            stamp(tx.now),
            milliseconds(tx.now),
            Exact(&run.affinity),
            Exact(wants(attempts)),
            run.assigned,
            run.place.as_ref().map(ToString::to_string),
            json!(on_end).to_string(),
            Exact(place.principal),
        ],
    )?;
    tx.count(Counted::Runs(RunState::Queued), 1);
    let admitted = RunAdmitted {
        task: place.task,
        workflow: workflow.clone(),
        stage: stage.clone(),
        trace: run.trace.clone(),
    };
    events::add(tx, run.id, None, &RunEvent::RunQueued(RunQueued::Admitted(admitted))).map(drop)
}

fn add_all(
    tx: &Tx<'_>,
    limits: &Limits,
    place: Place<'_>,
    attempts: &[&NewAttempt],
    calls: &[NewPluginCall],
) -> Result<(), StoreError> {
    attempts.iter().try_for_each(|attempt| add_attempt(tx, limits, place, attempt, &[]))?;
    trail::add_calls(tx, calls)
}

/// Adds an attempt and its reservation. The caller has checked the breaker.
pub(super) fn add_attempt(
    tx: &Tx<'_>,
    limits: &Limits,
    place: Place<'_>,
    attempt: &NewAttempt,
    calls: &[NewPluginCall],
) -> Result<(), StoreError> {
    let last: Option<u32> = tx
        .one("SELECT MAX(number) FROM attempts WHERE run = ?1", [place.run.to_string()], |row| row.get(0))?
        .flatten();
    let next = last.unwrap_or(0) + 1;
    if attempt.number != next {
        let why = format!("the next attempt of run {} is number {next}, not {}", place.run, attempt.number);
        return Err(StoreError::Misuse(why));
    }
    trail::know(tx, &attempt.adapter)?;
    attempt.chosen_by.iter().try_for_each(|chooser| trail::know(tx, chooser))?;
    tx.exec(
        "INSERT INTO attempts (id, task, run, workspace, number, executor, model, effort, adapter, chosen_by,
                               reason, account, host, state, reserve, created_at, rung, round, context)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 'planned', ?14, ?15, ?16, ?17, ?18)",
        params![
            attempt.id.to_string(),
            place.task.to_string(),
            place.run.to_string(),
            place.workspace.to_string(),
            attempt.number,
            Exact(&attempt.executor),
            attempt.model,
            attempt.effort.map(word),
            attempt.adapter.digest.to_string(),
            attempt.chosen_by.as_ref().map(|chooser| chooser.digest.to_string()),
            attempt.reason,
            word(attempt.account),
            Exact(&attempt.host),
            attempt.reserve.0,
            stamp(tx.now),
            Exact(&attempt.rung),
            attempt.round,
            attempt.context,
        ],
    )?;
    tx.count(Counted::Attempts, 1);
    tx.count(Counted::AttemptsInFlight, 1);
    tx.exec(
        "INSERT INTO attempt_hours (hour, executor, model, attempts) VALUES (?1, ?2, ?3, 1)
         ON CONFLICT (hour, executor, model) DO UPDATE SET attempts = attempt_hours.attempts + 1",
        params![hour(tx.now), Exact(&attempt.executor), attempt.model.as_deref().unwrap_or_default()],
    )?;
    trail::add_calls(tx, calls)?;
    let planned = AttemptPlanned {
        number: attempt.number,
        executor: attempt.executor.clone(),
        model: attempt.model.clone(),
        effort: attempt.effort,
        reason: attempt.reason.clone(),
        reserved: attempt.reserve,
        round: attempt.round,
        rung: attempt.rung.clone(),
    };
    events::add(tx, place.run, Some(attempt.id), &RunEvent::AttemptPlanned(planned))?;
    if attempt.reserve == Micros::ZERO {
        return Ok(());
    }
    let spender = place.spender(attempt);
    let attempt_account = ledger::AttemptAccount {
        spender: spender.clone(),
        model: attempt.model.clone(),
        account: attempt.account,
    };
    let entry = ledger::Entry {
        kind: LedgerKind::Reserve,
        reserved: attempt.reserve,
        spent: Micros::ZERO,
        on: &tx.calendar.today(tx.now),
        source: None,
        price_as_of: None,
        note: None,
    };
    ledger::post(tx, &attempt_account, &entry)?;
    breaker::admitted(tx, limits, &spender)?;
    breaker::tell(tx, limits, &spender)
}
