//! The state machine of runs, as it is enforced: whatever is not a transition is an error and changes nothing.

use super::{events, task_state};
use crate::file::{Columns, Counted, Tx, stamp};
use crate::view::runs;
use crate::{RecordKind, StoreError};
use jackfield_model::{RunChanged, RunEvent};
use jackfield_sql::params;
use jackfield_types::{AttemptId, RunId, RunState};

/// The run goes to `next`, its events say so, and its task follows as `task_state` decides.
pub(crate) fn run_becomes(
    tx: &Tx<'_>,
    run: RunId,
    next: RunState,
    why: Option<&str>,
) -> Result<(), StoreError> {
    let found = runs::run_of(tx, run)?;
    if !found.state.may_become(next) {
        return Err(StoreError::illegal(RecordKind::Run, run, found.state, next));
    }
    if next != RunState::Running
        && let Some(attempt) = in_flight(tx, run, next == RunState::Queued)?
    {
        let from = format!("{} with attempt {attempt} in flight", found.state);
        return Err(StoreError::illegal(RecordKind::Run, run, from, next));
    }
    tx.exec(
        "UPDATE runs SET state = ?2, started_at = iif(?2 = 'running', COALESCE(started_at, ?3), started_at),
                         ended_at = iif(?4, ?3, NULL), worker = iif(?2 = 'running', worker, NULL),
                         resumed = iif(?2 = 'running', 1, resumed), affinity = iif(?4, NULL, affinity)
         WHERE id = ?1",
        params![run.to_string(), next.as_str(), stamp(tx.now), next.is_final()],
    )?;
    tx.count(Counted::Runs(found.state), -1);
    tx.count(Counted::Runs(next), 1);
    task_state::after_run(tx, &found, next)?;
    let change = RunChanged { from: found.state, why: why.map(str::to_owned) };
    events::add(tx, run, None, &RunEvent::run_changed(next, change)).map(drop)
}

/// An attempt that is not settled, or is at work already where those to come do not count.
fn in_flight(tx: &Tx<'_>, run: RunId, planned_may_be: bool) -> Result<Option<AttemptId>, StoreError> {
    tx.one(
        "SELECT id FROM attempts WHERE run = ?1 AND state <> 'settled' AND NOT (?2 AND state = 'planned') LIMIT 1",
        params![run.to_string(), planned_may_be],
        |row| row.parsed("id"),
    )
}
