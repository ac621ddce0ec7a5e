//! What follows a settlement: the end of the run, another round, or a person.

use super::{admit, settle, states};
use crate::file::{Sql, Tx, stamp};
use crate::view::{runs, trail};
use crate::{Limits, NewDecision, NewHandoff, Refusal, Settlement, Spender, StoreError, Then};
use jackfield_types::{HumanTaskId, RunId, RunState};
use rusqlite::params;
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
            states::run_becomes(tx, run.id, *state, settle::why(&settlement.settled))?;
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

fn decide(tx: &Tx<'_>, spender: &Spender, decision: &NewDecision) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO decisions (at, task, run, attempt, kind, decided_by, reason, details)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            stamp(tx.now),
            spender.task.to_string(),
            spender.run.to_string(),
            spender.attempt.to_string(),
            decision.kind,
            decision.by,
            decision.reason,
            decision.details.to_string(),
        ],
    )
    .map(drop)
}

fn hand_over(tx: &Tx<'_>, spender: &Spender, handoff: &NewHandoff) -> Result<(), StoreError> {
    let id = HumanTaskId::new();
    tx.exec(
        "INSERT INTO human_tasks (id, kind, workspace, task, run, title, body, evidence, state, created_by,
                                  created_at, updated_at)
         VALUES (?1, 'handoff', ?2, ?3, ?4, ?5, ?6, ?7, 'open', 'host', ?8, ?8)",
        params![
            id.to_string(),
            spender.workspace.to_string(),
            spender.task.to_string(),
            spender.run.to_string(),
            handoff.title,
            handoff.body,
            handoff.evidence.to_string(),
            stamp(tx.now),
        ],
    )?;
    let payload = json!({ "run": spender.run, "title": handoff.title });
    trail::add_event(tx, "human_task_created", &id.to_string(), &payload).map(drop)
}

/// Nobody needs to answer any more.
pub(super) fn close_handoff(tx: &Tx<'_>, run: RunId, why: &str) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE human_tasks SET state = 'cancelled', answer = ?2, closed_at = ?3, updated_at = ?3
         WHERE run = ?1 AND state = 'open'",
        params![run.to_string(), json!({ "text": why }).to_string(), stamp(tx.now)],
    )
    .map(drop)
}
