//! Tasks without a run: creation, specification and end.

use super::admit::{add_task, known_task};
use super::task_state;
use crate::file::Tx;
use crate::handles::Tasks;
use crate::money::breaker;
use crate::people::checkpoints::{add_checkpoint, latest_checkpoint};
use crate::people::decisions::add_decision;
use crate::view::{runs, trail, workspaces};
use crate::{
    AdmitError, Checkpoint, Limits, NewCheckpoint, NewDecision, NewTask, RecordKind, Spender, StoreError,
};
use jackfield_model::{HostEvent, TaskClosed, TaskCreated};
use jackfield_types::{AttemptId, Micros, RunId, RunState, TaskEnd, TaskEvent, TaskId, TaskState};
use serde_json::{Value, json};

/// The result of creating a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The task.
    pub task: TaskId,
    /// The task was created before under the same key: nothing was created now.
    pub existing: bool,
}

/// How to close a task.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Closing {
    pub task: TaskId,
    pub end: TaskEnd,
    pub reason: String,
    pub principal: String,
}

/// The result of closing a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// Closed by a checkpoint with this version.
    Closed {
        /// The checkpoint's number.
        version: u32,
    },
    /// It was closed with the same state and reason before. Nothing was changed.
    Already {
        /// The checkpoint's number.
        version: u32,
    },
    /// A run of it has not ended. Nothing was changed.
    RunActive(RunId, RunState),
}

impl Tasks<'_> {
    /// Creates a task without a run, with the first version of its specification. Refused if a halting limit that
    /// applies to it is reached. `usual` is the usual cost of an attempt, for the refusal.
    pub async fn open(
        self,
        task: NewTask,
        spec: Value,
        usual: Micros,
        limits: &Limits,
    ) -> Result<Opened, AdmitError> {
        let limits = limits.clone();
        self.0
            .write(move |tx| {
                if let Some(key) = &task.idempotency
                    && let Some(known) = known_task(tx, &task.principal, key)?
                {
                    return Ok(Ok(Opened { task: known, existing: true }));
                }
                workspaces::by_id(tx, task.workspace)?;
                let spender = nobody_yet(&task);
                if let Some(refusal) = breaker::halted(tx, &limits, &spender, usual)? {
                    breaker::refused(tx, &limits, &spender, &refusal, refusal.asked)?;
                    return Ok(Err(AdmitError::Refused(Box::new(refusal))));
                }
                add_task(tx, &task)?;
                let created = TaskCreated {
                    title: task.title.clone(),
                    workspace: task.workspace,
                    by: task.principal.clone(),
                };
                trail::add_event(tx, &task.id.to_string(), &HostEvent::TaskCreated(created))?;
                let decision = NewDecision {
                    task: task.id,
                    run: None,
                    attempt: None,
                    kind: "init".to_owned(),
                    decided_by: task.principal.clone(),
                    reason: "made without a run".to_owned(),
                    details: Value::Null,
                };
                add_decision(tx, &decision)?;
                let checkpoint = NewCheckpoint {
                    task: task.id,
                    principal: task.principal.clone(),
                    kind: "spec".to_owned(),
                    label: "as asked".to_owned(),
                    content: spec.clone(),
                };
                add_checkpoint(tx, &checkpoint)?;
                Ok(Ok(Opened { task: task.id, existing: false }))
            })
            .await?
    }

    /// Adds a version of a task's specification. `make` gets the previous version, if any, and may be
    /// called more than once. The state of the task is
    /// checked in the same transaction.
    pub async fn specify(
        self,
        task: TaskId,
        principal: &str,
        label: &str,
        make: impl Fn(Option<&Checkpoint>) -> Value + Send + 'static,
    ) -> Result<Checkpoint, StoreError> {
        let (principal, label) = (principal.to_owned(), label.to_owned());
        self.0
            .write(move |tx| {
                let found = runs::task_of(tx, task)?;
                if found.state.is_final() {
                    return Err(StoreError::not_now("specify", RecordKind::Task, task, found.state));
                }
                let before = latest_checkpoint(tx, task, "spec")?;
                let content = make(before.as_ref());
                let kind = "spec".to_owned();
                let new =
                    NewCheckpoint { task, principal: principal.clone(), kind, label: label.clone(), content };
                let added = add_checkpoint(tx, &new)?;
                let decision = NewDecision {
                    task,
                    run: None,
                    attempt: None,
                    kind: "spec".to_owned(),
                    decided_by: principal.clone(),
                    reason: label.clone(),
                    details: json!({ "version": added.version }),
                };
                add_decision(tx, &decision)?;
                Ok(added)
            })
            .await
    }

    /// Closes a task, or changes the state of a closed one. Refused while a run of it has not ended.
    pub async fn close(self, closing: Closing) -> Result<Closed, StoreError> {
        self.0.write(move |tx| close(tx, &closing)).await
    }
}

fn close(tx: &Tx<'_>, closing: &Closing) -> Result<Closed, StoreError> {
    let Closing { task, end, reason, principal } = closing;
    let found = runs::task_of(tx, *task)?;
    let state = TaskState::from(*end);
    if let Some((run, state)) = runs::active_run_of(tx, *task)? {
        return Ok(Closed::RunActive(run, state));
    }
    let content = json!({ "state": state, "reason": reason });
    if found.state == state
        && let Some(last) = latest_checkpoint(tx, *task, "close")?
        && last.content == content
    {
        return Ok(Closed::Already { version: last.version });
    }
    task_state::apply(tx, &found, &TaskEvent::Closed(*end), None)?;
    let decision = NewDecision {
        task: *task,
        run: None,
        attempt: None,
        kind: "close".to_owned(),
        decided_by: principal.clone(),
        reason: reason.clone(),
        details: json!({ "from": found.state, "to": state }),
    };
    add_decision(tx, &decision)?;
    let checkpoint = NewCheckpoint {
        task: *task,
        principal: principal.clone(),
        kind: "close".to_owned(),
        label: format!("closed as {state}"),
        content,
    };
    let added = add_checkpoint(tx, &checkpoint)?;
    let closed = TaskClosed { from: found.state, to: state, reason: reason.clone(), by: principal.clone() };
    trail::add_event(tx, &task.to_string(), &HostEvent::TaskClosed(closed))?;
    Ok(Closed::Closed { version: added.version })
}

/// The spender of a task without an attempt.
fn nobody_yet(task: &NewTask) -> Spender {
    Spender {
        workspace: task.workspace,
        executor: String::new(),
        principal: task.principal.clone(),
        task: task.id,
        run: RunId::new(),
        attempt: AttemptId::new(),
    }
}
