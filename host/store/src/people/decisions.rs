//! Recording and reading decisions about a task.

use crate::file::{Columns, Sql, Tx, stamp};
use crate::handles::Decisions;
use crate::view::trail;
use crate::{Decision, NewDecision, StoreError, record};
use jackfield_model::{DecisionMade, HostEvent};
use jackfield_sql::{Connection, params};
use jackfield_types::TaskId;

impl Decisions<'_> {
    /// Records a decision about a task. Returns its number.
    pub async fn record(self, decision: NewDecision) -> Result<u64, StoreError> {
        self.0.write(move |tx| add_decision(tx, &decision)).await
    }

    /// Returns the decisions about a task, oldest first: the host's use of component answers, and people's answers.
    /// [`of_task`](Self::of_task) has the component calls themselves.
    pub async fn of_run(self, task: TaskId) -> Result<Vec<Decision>, StoreError> {
        self.0.read(move |conn| of_task(conn, task)).await
    }
}

pub(crate) fn of_task(conn: &Connection, task: TaskId) -> Result<Vec<Decision>, StoreError> {
    conn.all("SELECT * FROM decisions WHERE task = ?1 ORDER BY id", [task.to_string()], record::decision)
}

/// Records a decision. Returns its number.
pub(crate) fn add_decision(tx: &Tx<'_>, decision: &NewDecision) -> Result<u64, StoreError> {
    let NewDecision { task, run, attempt, kind, decided_by, reason, details } = decision;
    let id = tx.one(
        "INSERT INTO decisions (at, task, run, attempt, kind, decided_by, reason, details)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id",
        params![
            stamp(tx.now),
            task.to_string(),
            run.map(|id| id.to_string()),
            attempt.map(|id| id.to_string()),
            kind,
            decided_by,
            reason,
            details.to_string(),
        ],
        |row| row.count("id"),
    )?;
    let id = id.unwrap_or_default();
    let event = HostEvent::DecisionMade(DecisionMade {
        decision: id,
        kind: kind.clone(),
        run: *run,
        by: decided_by.clone(),
        reason: reason.clone(),
    });
    trail::add_event(tx, &task.to_string(), &event)?;
    Ok(id)
}
