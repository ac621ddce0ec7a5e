//! Runs: durable executions of a task's stage.

use super::{Artifact, Attempt, Hold, Task};
use crate::file::Columns;
use jackfield_sql::Row;
use jackfield_types::{
    AttemptId, Delivered, FailureClass, Micros, OnEnd, Outcome, RunId, RunState, StageName, StagePosition,
    TaskId, Timestamp, Verified, WorkerId, WorkflowName, WorkspaceId,
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A run to be recorded. It begins as `queued`.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Its id.
    pub id: RunId,
    /// Higher goes first.
    pub priority: i32,
    /// The request as it was asked, so that it can be asked again.
    pub request: Value,
    /// The only host instance that may claim it while that lives.
    pub affinity: Option<String>,
    /// A host elsewhere decides what follows an attempt.
    pub assigned: bool,
    /// The trace context of the request, part of the event that it is queued; empty without one.
    pub trace: BTreeMap<String, String>,
    /// Where it is to work, as it was checked: a value of the caller's, given back with the run.
    pub place: Option<Value>,
}

/// A run that was recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Run {
    pub id: RunId,
    pub task: TaskId,
    pub workspace: WorkspaceId,
    /// The workflow of its task; `external` if it records work that was done elsewhere.
    pub workflow: WorkflowName,
    /// The stage that it was made for.
    pub stage: StageName,
    pub priority: i32,
    pub request: Value,
    pub state: RunState,
    /// Who has it in hand.
    pub worker: Option<WorkerId>,
    /// How often it was claimed or taken over.
    #[serde(skip)]
    pub epoch: u64,
    /// The only host instance that may claim it while that lives.
    pub affinity: Option<String>,
    /// A host elsewhere decides what follows an attempt.
    pub assigned: bool,
    /// Somebody wants it ended, and why.
    pub cancel_reason: Option<String>,
    /// The attempt whose work is its own, where several were compared.
    pub chosen: Option<AttemptId>,
    /// Not to be taken up before then.
    pub not_before: Option<Timestamp>,
    /// The last sequence number among its events; 0: none yet.
    pub last_seq: u64,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// The run of the same task that it is another try of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<RunId>,
    /// Where it is to work, as it was checked when it was admitted.
    #[serde(skip)]
    pub place: Option<Value>,
    /// What its end means for its task.
    #[serde(skip)]
    pub on_end: OnEnd,
}

/// Everything about one run, read in one snapshot.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RunView {
    /// What was asked.
    pub task: Task,
    /// Its execution.
    pub run: Run,
    /// In the order they were made.
    pub attempts: Vec<Attempt>,
    /// What they produced, in order.
    pub artifacts: Vec<Artifact>,
}

/// One line of a list of runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct RunSummary {
    pub run: RunId,
    pub task: TaskId,
    pub workspace: WorkspaceId,
    pub workspace_name: String,
    pub title: String,
    pub task_type: String,
    pub state: RunState,
    /// The executor of the last attempt.
    pub executor: Option<String>,
    /// The model of the last attempt.
    pub model: Option<String>,
    /// Why the last attempt failed, where it did.
    pub failure: Option<FailureClass>,
    pub attempts: u32,
    /// Spent by all its attempts.
    pub cost: Micros,
    /// The principal of its task.
    pub principal: String,
    /// What the last attempt delivered, once it has ended.
    pub delivered: Option<Delivered>,
    /// What the checks of the last attempt said, once it has ended.
    pub verified: Option<Verified>,
    /// A queued run is not started before then: a provider rests, or a retry is due.
    pub not_before: Option<Timestamp>,
    /// What the agent did last; `None` after the end of the run.
    pub last_event: Option<LastEvent>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

/// The last thing that an agent did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct LastEvent {
    pub at: Timestamp,
    pub kind: String,
    /// One line, at most 160 characters.
    pub text: String,
}

impl Run {
    /// The claim that was in force when it was read.
    pub const fn hold(&self) -> Hold {
        Hold { run: self.id, epoch: self.epoch }
    }

    /// The stage that it was made for.
    pub fn position(&self) -> StagePosition {
        StagePosition {
            workflow: self.workflow.clone(),
            stage: self.stage.clone(),
            on_end: self.on_end.clone(),
        }
    }

    pub(crate) fn read(row: &Row<'_>) -> jackfield_sql::Result<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            task: row.parsed("task")?,
            workspace: row.parsed("workspace")?,
            workflow: row.parsed("workflow")?,
            stage: row.parsed("stage")?,
            priority: row.get("priority")?,
            request: row.json("request")?,
            state: row.word("state")?,
            worker: row.parsed_opt("worker")?,
            epoch: row.count("epoch")?,
            affinity: row.get("affinity")?,
            assigned: row.get("assigned")?,
            cancel_reason: row.get("cancel_reason")?,
            chosen: row.parsed_opt("chosen")?,
            not_before: not_before(row)?,
            last_seq: row.count("last_seq")?,
            created_at: row.parsed("created_at")?,
            started_at: row.parsed_opt("started_at")?,
            ended_at: row.parsed_opt("ended_at")?,
            retry_of: row.parsed_opt("retry_of")?,
            place: place(row)?,
            on_end: row.json("on_end")?,
        })
    }
}

fn place(row: &Row<'_>) -> jackfield_sql::Result<Option<Value>> {
    let text: Option<String> = row.get("place")?;
    // One that cannot be read is not one that nothing was said of.
    Ok(text.map(|text| serde_json::from_str(&text).unwrap_or(Value::Null)))
}

fn not_before(row: &Row<'_>) -> jackfield_sql::Result<Option<Timestamp>> {
    let at: i64 = row.get("not_before_ms")?;
    Ok(Timestamp::from_millisecond(at).ok().filter(|_| at > 0))
}

impl RunSummary {
    pub(crate) fn read(row: &Row<'_>) -> jackfield_sql::Result<Self> {
        let outcome: Option<Outcome> = row.json_opt("outcome")?;
        Ok(Self {
            run: row.parsed("id")?,
            task: row.parsed("task")?,
            workspace: row.parsed("workspace")?,
            workspace_name: row.get("workspace_name")?,
            title: row.get("title")?,
            task_type: row.get("task_type")?,
            state: row.word("state")?,
            executor: row.get("executor")?,
            model: row.get("model")?,
            failure: row.word_opt("failure_class")?,
            attempts: row.get("attempts")?,
            cost: row.micros("cost")?,
            principal: row.get("owner")?,
            delivered: outcome.as_ref().map(|outcome| outcome.delivered),
            verified: outcome.as_ref().map(|outcome| outcome.verified),
            not_before: not_before(row)?,
            last_event: None,
            created_at: row.parsed("created_at")?,
            started_at: row.parsed_opt("started_at")?,
            ended_at: row.parsed_opt("ended_at")?,
        })
    }
}
