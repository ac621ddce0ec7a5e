//! Breaker checks for the attempts of an admission.

use crate::file::Tx;
use crate::money::breaker;
use crate::{Limits, NewAttempt, Refusal, Spender, StoreError};
use jackfield_types::{Micros, RunId, TaskId, WorkspaceId};

/// The owner of an attempt.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) task: TaskId,
    pub(super) run: RunId,
    pub(super) workspace: WorkspaceId,
    /// The principal that pays for it.
    pub(super) principal: &'a str,
}

impl Place<'_> {
    pub(super) fn spender(self, attempt: &NewAttempt) -> Spender {
        Spender {
            workspace: self.workspace,
            executor: attempt.executor.clone(),
            principal: self.principal.to_owned(),
            task: self.task,
            run: self.run,
            attempt: attempt.id,
        }
    }
}

pub(super) fn refuse(
    tx: &Tx<'_>,
    limits: &Limits,
    place: Place<'_>,
    attempt: &NewAttempt,
) -> Result<Option<Refusal>, StoreError> {
    refuse_for(tx, limits, place, attempt, attempt.reserve)
}

/// Parallel attempts must be affordable together.
pub(super) fn refuse_any(
    tx: &Tx<'_>,
    limits: &Limits,
    place: Place<'_>,
    attempts: &[&NewAttempt],
) -> Result<Option<Refusal>, StoreError> {
    let together: Micros = attempts.iter().map(|attempt| attempt.reserve).sum();
    for attempt in attempts {
        let asked = if attempt.reserve > Micros::ZERO { together } else { attempt.reserve };
        if let Some(refusal) = refuse_for(tx, limits, place, attempt, asked)? {
            return Ok(Some(refusal));
        }
    }
    Ok(None)
}

fn refuse_for(
    tx: &Tx<'_>,
    limits: &Limits,
    place: Place<'_>,
    attempt: &NewAttempt,
    asked: Micros,
) -> Result<Option<Refusal>, StoreError> {
    if attempt.reserve != attempt.reserve.bounded() {
        let why =
            format!("failed to reserve {}: a reservation is $0.00 to {}", attempt.reserve, Micros::MOST);
        return Err(StoreError::Misuse(why));
    }
    let spender = place.spender(attempt);
    let refusal = breaker::ask(tx, limits, &spender, attempt.account, asked)?;
    if let Some(refusal) = &refusal {
        breaker::refused(tx, limits, &spender, refusal, attempt.reserve)?;
    }
    Ok(refusal)
}
