//! What follows a settlement: the end of the run, another round, or a person.

use super::{admit, states};
use crate::file::{Tx, stamp};
use crate::people::decisions::add_decision;
use crate::people::tasks::add_human_task;
use crate::view::{runs, trail};
use crate::{
    Decided, HumanTaskKind, Limits, NewDecision, NewHandoff, NewHumanTask, Refusal, Settlement, Spender,
    StoreError, Then,
};
use jackfield_model::{HostEvent, HumanTaskCancelled};
use jackfield_sql::params;
use jackfield_types::{HumanTaskId, RunId, RunState, Settled};
use serde_json::json;

/// Records what was decided and lets it follow. A refusal of the breaker has ended the run.
pub(super) fn follow(
    tx: &Tx<'_>,
    settlement: &Settlement,
    spender: &Spender,
    limits: &Limits,
) -> Result<Option<Refusal>, StoreError> {
    for decision in &settlement.decisions {
        decide(tx, spender, decision)?;
    }
    if let Some(chosen) = settlement.chosen {
        tx.exec(
            "UPDATE runs SET chosen = ?2 WHERE id = ?1",
            params![spender.run.to_string(), chosen.to_string()],
        )?;
    }
    let run = runs::run_of(tx, spender.run)?;
    // Somebody wanted it ended while it was at work: nothing follows.
    let called_off = run.cancel_reason.as_deref();
    match (&settlement.then, called_off) {
        (Then::Nothing, _) => {}
        (Then::End(state), _) => {
            states::run_becomes(tx, run.id, *state, why(&settlement.settled))?;
        }
        (Then::Again { .. } | Then::Human(_), Some(reason)) => {
            states::run_becomes(tx, run.id, RunState::Cancelled, Some(reason))?;
        }
        (Then::Again { attempts, not_before }, None) => {
            let refusal = admit::queue_again(tx, &run, attempts, &[], limits, *not_before)?;
            if let Some(refusal) = &refusal {
                states::run_becomes(tx, run.id, RunState::Failed, Some(&refusal.problem().message))?;
            }
            return Ok(refusal);
        }
        (Then::Human(handoff), None) => {
            hand_over(tx, spender, handoff)?;
            states::run_becomes(tx, run.id, RunState::Waiting, Some(&handoff.title))?;
        }
    }
    Ok(None)
}

/// Why the run ends: the failure of its last attempt.
fn why(settled: &Settled) -> Option<&str> {
    match settled {
        Settled::Succeeded { .. } => None,
        Settled::Failed(failure) => Some(&failure.message),
    }
}

fn decide(tx: &Tx<'_>, spender: &Spender, decided: &Decided) -> Result<(), StoreError> {
    let Decided { kind, by, reason, details } = decided.clone();
    let decision = NewDecision {
        task: spender.task,
        run: Some(spender.run),
        attempt: Some(spender.attempt),
        kind,
        decided_by: by,
        reason,
        details,
    };
    add_decision(tx, &decision).map(drop)
}

fn hand_over(tx: &Tx<'_>, spender: &Spender, handoff: &NewHandoff) -> Result<(), StoreError> {
    let NewHandoff { title, body, evidence } = handoff.clone();
    let task = NewHumanTask {
        id: HumanTaskId::new(),
        kind: HumanTaskKind::Handoff,
        workspace: Some(spender.workspace),
        task: Some(spender.task),
        run: Some(spender.run),
        title,
        body,
        evidence,
        priority: 0,
        due_at: None,
        created_by: "host".to_owned(),
        idempotency: None,
    };
    add_human_task(tx, &task).map(drop)
}

/// Nobody needs to answer any more. To-dos about the run are their people's, and stay.
pub(super) fn close_handoff(tx: &Tx<'_>, run: RunId, why: &str) -> Result<(), StoreError> {
    let closed = tx.exec(
        "UPDATE human_tasks SET state = 'cancelled', answer = ?2, closed_at = ?3, updated_at = ?3
         WHERE run = ?1 AND kind = 'handoff' AND state = 'open'",
        params![run.to_string(), json!({ "text": why }).to_string(), stamp(tx.now)],
    )?;
    if closed > 0 {
        let cancelled = HumanTaskCancelled::RunEnded { run, why: why.to_owned() };
        trail::add_event(tx, &run.to_string(), &HostEvent::HumanTaskCancelled(Box::new(cancelled)))?;
    }
    Ok(())
}
