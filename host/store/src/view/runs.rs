//! Reading single runs, tasks and attempts.

use super::ids;
use crate::file::{Columns, Sql};
use crate::handles::Runs;
use crate::{Attempt, RecordKind, Run, RunView, StoreError, Task, record};
use jackfield_sql::Connection;
use jackfield_types::{AttemptId, RunId, RunState, TaskId};

impl Runs<'_> {
    /// Returns a run with its task, attempts and artifacts.
    pub async fn get(self, run: RunId) -> Result<RunView, StoreError> {
        self.0
            .read(move |conn| {
                let found = run_of(conn, run)?;
                let attempts =
                    format!("{} WHERE attempts.run = ?1 ORDER BY attempts.number", Attempt::SELECT);
                Ok(RunView {
                    task: task_of(conn, found.task)?,
                    attempts: conn.all(&attempts, [run.to_string()], Attempt::read)?,
                    artifacts: conn.all(
                        "SELECT * FROM artifacts WHERE run = ?1 ORDER BY id",
                        [run.to_string()],
                        record::artifact,
                    )?,
                    run: found,
                })
            })
            .await
    }

    /// Returns the run with this id or with the only id that begins with it, in any case. With `principal`, only its
    /// runs count.
    pub async fn find(self, id: &str, principal: Option<&str>) -> Result<RunId, StoreError> {
        let (id, principal) = (id.to_owned(), principal.map(str::to_owned));
        self.0.read(move |conn| ids::find(conn, &ids::RUNS, &id, principal.as_deref())).await
    }

    /// Returns the newest run of a task; `None` if it has none.
    pub async fn latest(self, task: TaskId) -> Result<Option<RunId>, StoreError> {
        self.0.read(move |conn| latest_run_of(conn, task)).await
    }

    /// Returns a task.
    pub async fn task(self, task: TaskId) -> Result<Task, StoreError> {
        self.0.read(move |conn| task_of(conn, task)).await
    }

    /// Returns an attempt.
    pub async fn attempt(self, attempt: AttemptId) -> Result<Attempt, StoreError> {
        self.0.read(move |conn| attempt_of(conn, attempt)).await
    }

    /// Returns the unsettled attempts of one host instance, or of all, oldest first.
    pub async fn in_flight(self, host: Option<&str>) -> Result<Vec<Attempt>, StoreError> {
        let host = host.map(str::to_owned);
        let open = "attempts.state <> 'settled' AND (?1 IS NULL OR attempts.host = ?1)";
        let sql = format!("{} WHERE {open} ORDER BY attempts.id", Attempt::SELECT);
        self.0.read(move |conn| conn.all(&sql, [host], Attempt::read)).await
    }
}

pub(crate) fn run_of(conn: &Connection, run: RunId) -> Result<Run, StoreError> {
    conn.one("SELECT * FROM runs WHERE id = ?1", [run.to_string()], Run::read)?
        .ok_or_else(|| StoreError::NotFound { what: RecordKind::Run, id: run.to_string() })
}

pub(crate) fn task_of(conn: &Connection, task: TaskId) -> Result<Task, StoreError> {
    conn.one("SELECT * FROM tasks WHERE id = ?1", [task.to_string()], record::task)?
        .ok_or_else(|| StoreError::NotFound { what: RecordKind::Task, id: task.to_string() })
}

pub(crate) fn attempt_of(conn: &Connection, attempt: AttemptId) -> Result<Attempt, StoreError> {
    let sql = format!("{} WHERE attempts.id = ?1", Attempt::SELECT);
    conn.one(&sql, [attempt.to_string()], Attempt::read)?
        .ok_or_else(|| StoreError::NotFound { what: RecordKind::Attempt, id: attempt.to_string() })
}

/// The run of a task that has not ended, if there is one.
pub(crate) fn active_run_of(
    conn: &Connection,
    task: TaskId,
) -> Result<Option<(RunId, RunState)>, StoreError> {
    conn.one(
        "SELECT id, state FROM runs WHERE task = ?1 AND state NOT IN ('succeeded', 'failed', 'cancelled')
         ORDER BY id DESC LIMIT 1",
        [task.to_string()],
        |row| Ok((row.parsed("id")?, row.word("state")?)),
    )
}

pub(crate) fn latest_run_of(conn: &Connection, task: TaskId) -> Result<Option<RunId>, StoreError> {
    conn.one("SELECT id FROM runs WHERE task = ?1 ORDER BY id DESC LIMIT 1", [task.to_string()], |row| {
        row.parsed("id")
    })
}
