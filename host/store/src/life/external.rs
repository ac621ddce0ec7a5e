//! External attempts: run, charge, outcome and figures in one transaction.

use super::admit::{add_attempt, add_run};
use super::refusal::Place;
use super::{settle, states};
use crate::file::{Columns, Exact, Tx, stamp, summed};
use crate::handles::Tasks;
use crate::money::breaker;
use crate::people::checkpoints::add_checkpoint;
use crate::people::decisions::add_decision;
use crate::view::runs;
use crate::{
    Action, AdmitError, Idempotency, Limit, LimitScope, Limits, NewAttempt, NewCheckpoint, NewDecision,
    NewRun, Period, RecordKind, Refusal, Scope, Settlement, Spender, StoreError,
};
use jackfield_model::{BreakerRefused, HostEvent};
use jackfield_sql::params;
use jackfield_types::{AttemptId, Micros, RunId, RunState, StagePosition, TaskId, WorkflowName};
use serde_json::{Value, json};

/// Bounds on the cost that a principal without the scope `admin` may record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteBound {
    /// Per day.
    pub day: Micros,
    /// The amount that must be left of every halting limit: no recorded attempt halts anything.
    pub spare: Micros,
}

/// An external attempt. The money is spent already, so no limit refuses it unless a bound is given.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct ExternalAttempt {
    pub task: TaskId,
    pub principal: String,
    /// `None` for an administrator.
    pub bound: Option<WriteBound>,
    pub run: NewRun,
    /// It has no reservation.
    pub attempt: NewAttempt,
    /// Only the configuration names its executor: the adapter in `attempt` is not a component.
    pub without_component: bool,
    pub settlement: Settlement,
    /// One key is one attempt of the task.
    pub idempotency: Option<Idempotency>,
    /// One line for people, recorded as the reason of the decision.
    pub label: String,
    /// The content of the checkpoint.
    pub content: Value,
}

/// The result of recording an external attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Logged {
    /// Its run.
    pub run: RunId,
    /// The attempt.
    pub attempt: AttemptId,
    /// The attempt was recorded before under the same key: nothing was charged now.
    pub existing: bool,
}

impl Tasks<'_> {
    /// Records an external attempt with its run, and charges it.
    ///
    /// An open task stays open, whatever the outcome of the attempt; a closed one keeps its state.
    pub async fn log_attempt(self, external: ExternalAttempt, limits: &Limits) -> Result<Logged, AdmitError> {
        let limits = limits.clone();
        self.0
            .write(move |tx| {
                let ExternalAttempt { task, principal, run, attempt, .. } = &external;
                let found = runs::task_of(tx, *task)?;
                if let Some(key) = &external.idempotency
                    && let Some(known) = known(tx, *task, principal, key)?
                {
                    return Ok(Ok(known));
                }
                if attempt.reserve != Micros::ZERO {
                    return Err(StoreError::Misuse("nothing is held for work that is done".to_owned()));
                }
                let place = Place { task: *task, run: run.id, workspace: found.workspace, principal };
                if let Some(refusal) = over(tx, &external, &place.spender(attempt), &limits)? {
                    let refused = BreakerRefused {
                        refusal: refusal.clone(),
                        executor: attempt.executor.clone(),
                        workspace: found.workspace,
                    };
                    let event = HostEvent::BreakerRefused(Box::new(refused));
                    breaker::log(tx, &Scope::Token(principal.clone()), &event)?;
                    return Ok(Err(AdmitError::Refused(Box::new(refusal))));
                }
                if external.without_component {
                    know_executor(tx, attempt)?;
                }
                let recorded = remembering(run, principal, external.idempotency.as_ref());
                add_run(tx, place, &recorded, &StagePosition::recording(found.stage), &[attempt])?;
                add_attempt(tx, &limits, place, attempt, &[])?;
                states::run_becomes(tx, run.id, RunState::Running, Some("it was made elsewhere"))?;
                settle::settled(tx, &external.settlement, &limits, None)?;
                tell(tx, &external)?;
                Ok(Ok(Logged { run: run.id, attempt: attempt.id, existing: false }))
            })
            .await?
    }
}

/// The refusal of a cost beyond the principal's bound. It does not halt a shared limit.
fn over(
    tx: &Tx<'_>,
    external: &ExternalAttempt,
    spender: &Spender,
    limits: &Limits,
) -> Result<Option<Refusal>, StoreError> {
    let cost = external.settlement.total;
    let Some(bound) = external.bound.filter(|_| cost > Micros::ZERO) else { return Ok(None) };
    let today = tx.calendar.today(tx.now);
    let sql = format!(
        "SELECT {} FROM ledger JOIN runs ON runs.id = ledger.run
         WHERE ledger.day = ?1 AND ledger.principal = ?2 AND runs.workflow = ?3",
        summed("spent_delta", "written")
    );
    let asked = params![today.day, external.principal, WorkflowName::EXTERNAL.as_str()];
    let spent = tx.one(&sql, asked, |row| row.sum("written"))?.unwrap_or_default();
    if spent + cost > bound.day {
        let limit = Limit {
            scope: LimitScope::Writes(external.principal.clone()),
            period: Period::Day,
            amount: bound.day,
            action: Action::Halt,
        };
        return Ok(Some(Refusal {
            limit,
            scope: Scope::Token(external.principal.clone()),
            period: today.key(Period::Day),
            spent,
            reserved: Micros::ZERO,
            allowance: Micros::ZERO,
            asked: cost,
            resets_at: tx.calendar.ends(Period::Day, tx.now),
        }));
    }
    breaker::ask(tx, limits, spender, external.attempt.account, cost + bound.spare)
}

/// The run with the facts that identify a repeated request.
fn remembering(run: &NewRun, principal: &str, idempotency: Option<&Idempotency>) -> NewRun {
    let mut run = run.clone();
    if let (Some(request), Some(Idempotency { key, digest })) = (run.request.as_object_mut(), idempotency) {
        let remembered = json!({ "principal": principal, "key": key, "digest": digest });
        request.insert("logged_as".to_owned(), remembered);
    }
    run
}

/// The earlier attempt of this task under the key; `None` if the key is new.
fn known(
    tx: &Tx<'_>,
    task: TaskId,
    principal: &str,
    idempotency: &Idempotency,
) -> Result<Option<Logged>, StoreError> {
    let found = tx.one(
        "SELECT runs.id AS run, attempts.id AS attempt, request ->> '$.logged_as.digest' AS digest
         FROM runs JOIN attempts ON attempts.run = runs.id
         WHERE runs.task = ?1 AND request ->> '$.logged_as.key' = ?2
               AND request ->> '$.logged_as.principal' = ?3
         LIMIT 1",
        params![task.to_string(), idempotency.key, principal],
        |row| Ok((row.parsed("run")?, row.parsed("attempt")?, row.get::<_, String>("digest")?)),
    )?;
    match found {
        Some((.., digest)) if digest != idempotency.digest => Err(StoreError::KeyUsed {
            key: idempotency.key.clone(),
            what: RecordKind::Task,
            id: task.to_string(),
        }),
        found => Ok(found.map(|(run, attempt, _)| Logged { run, attempt, existing: true })),
    }
}

/// Records an executor without a component, which only the configuration names.
fn know_executor(tx: &Tx<'_>, attempt: &NewAttempt) -> Result<(), StoreError> {
    let adapter = &attempt.adapter;
    tx.exec(
        "INSERT INTO plugins (digest, kind, name, version, state, reason, details, first_seen_at, changed_at)
         VALUES (?1, ?2, ?3, ?4, 'retired', 'no component: its work is logged from elsewhere', 'null', ?5, ?5)
         ON CONFLICT DO NOTHING",
        params![
            adapter.digest.to_string(),
            adapter.kind.as_str(),
            Exact(&adapter.name),
            Exact(&adapter.version),
            stamp(tx.now)
        ],
    )
    .map(drop)
}

fn tell(tx: &Tx<'_>, external: &ExternalAttempt) -> Result<(), StoreError> {
    let ExternalAttempt { task, principal, run, attempt, label, content, .. } = external;
    let decision = NewDecision {
        task: *task,
        run: Some(run.id),
        attempt: Some(attempt.id),
        kind: "write".to_owned(),
        decided_by: principal.clone(),
        reason: label.clone(),
        details: Value::Null,
    };
    add_decision(tx, &decision)?;
    let checkpoint = NewCheckpoint {
        task: *task,
        principal: principal.clone(),
        kind: "write".to_owned(),
        label: label.clone(),
        content: content.clone(),
    };
    add_checkpoint(tx, &checkpoint).map(drop)
}
