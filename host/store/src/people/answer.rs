//! A person's answer to a run that was handed over: the run continues or ends in the same transaction.

use super::decisions::add_decision;
use super::tasks::of_id;
use crate::file::stamp;
use crate::handles::HumanTasks;
use crate::life::states;
use crate::view::{runs, trail};
use crate::{
    AdmitError, HumanTask, HumanTaskKind, HumanTaskState, Limits, NewAttempt, NewDecision, RecordKind,
    StoreError,
};
use jackfield_model::{AnswerAction, HostEvent, HumanTaskAnswered};
use jackfield_sql::params;
use jackfield_types::{AttemptId, HumanTaskId, RunState};
use serde_json::Value;

/// The effect of a person's answer on a run.
#[derive(Debug, Clone)]
pub enum Answered {
    /// Another attempt.
    Retry(Box<NewAttempt>),
    /// Accept the work of that attempt.
    Accept(AttemptId),
    /// Fail the run.
    Stop,
}

impl HumanTasks<'_> {
    /// Answers a run that waits for a person. If the breaker refuses another attempt, nothing changes.
    pub async fn answer(
        self,
        id: HumanTaskId,
        answered: Answered,
        said: Value,
        principal: &str,
        limits: &Limits,
    ) -> Result<HumanTask, AdmitError> {
        let (limits, principal) = (limits.clone(), principal.to_owned());
        self.0.write(move |tx| {
            let task = of_id(tx, id)?;
            let (HumanTaskKind::Handoff, HumanTaskState::Open, Some(run)) = (task.kind, task.state, task.run)
            else {
                let why = format!("human task {id} is no run that waits for an answer");
                return Err(StoreError::Misuse(why));
            };
            let found = runs::run_of(tx, run)?;
            if found.state != RunState::Waiting {
                return Err(StoreError::not_now("answer", RecordKind::Run, run, found.state));
            }
            let reason = said.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
            let action = match &answered {
                Answered::Retry(attempt) => {
                    let attempt = std::slice::from_ref(attempt.as_ref());
                    if let Some(refusal) =
                        crate::life::queue_again(tx, &found, attempt, &[], &limits, None)?
                    {
                        return Ok(Err(AdmitError::Refused(Box::new(refusal))));
                    }
                    AnswerAction::Retry
                }
                Answered::Accept(attempt) => {
                    tx.exec(
                        "UPDATE runs SET chosen = ?2 WHERE id = ?1",
                        params![run.to_string(), attempt.to_string()],
                    )?;
                    states::run_becomes(tx, run, RunState::Succeeded, Some("a person took it as it is"))?;
                    AnswerAction::Accept
                }
                Answered::Stop => {
                    states::run_becomes(tx, run, RunState::Failed, Some("a person gave it up"))?;
                    AnswerAction::Stop
                }
            };
            tx.exec(
                "UPDATE human_tasks SET state = 'done', answer = ?2, answered_by = ?3, updated_at = ?4, closed_at = ?4
                 WHERE id = ?1",
                params![id.to_string(), said.to_string(), principal, stamp(tx.now)],
            )?;
            add_decision(tx, &NewDecision {
                task: found.task,
                run: Some(run),
                attempt: None,
                kind: "answer".to_owned(),
                decided_by: principal.clone(),
                reason,
                details: said.clone(),
            })?;
            let event = HostEvent::HumanTaskAnswered(HumanTaskAnswered { run, action, by: principal.clone() });
            trail::add_event(tx, &id.to_string(), &event)?;
            of_id(tx, id).map(Ok)
        })
        .await?
    }
}
