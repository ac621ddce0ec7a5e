//! Reading runs, tasks and attempts.

use super::ids;
use super::newest::Newest;
use crate::file::{Columns, Sql, signed};
use crate::handles::Runs;
use crate::record::run_event;
use crate::{Artifact, Attempt, RecordKind, Run, RunEventRecord, RunSummary, RunView, StoreError, Task};
use jackfield_sql::{Connection, params};
use jackfield_types::{AttemptId, RunId, RunState, TaskId, WorkspaceId};

/// Which runs to list, newest first.
#[derive(Debug, Clone)]
pub struct RunFilter {
    /// In one of these states; empty: in any.
    pub states: Vec<RunState>,
    /// Of one workspace.
    pub workspace: Option<WorkspaceId>,
    /// Of one task.
    pub task: Option<TaskId>,
    /// Of the tasks of one principal.
    pub principal: Option<String>,
    /// Runs older than this one.
    pub before: Option<RunId>,
    /// At most this many runs.
    pub limit: u32,
}

/// Events of a run, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// The kept events.
    pub events: Vec<RunEventRecord>,
    /// The last deleted event before them that was requested, if any.
    pub gone_to: Option<u64>,
}

impl Default for RunFilter {
    fn default() -> Self {
        Self { states: Vec::new(), workspace: None, task: None, principal: None, before: None, limit: 50 }
    }
}

const SUMMARY: &str = "
    SELECT runs.*, workspaces.name AS workspace_name, tasks.title, tasks.task_type,
           last.executor, last.model, last.failure_class,
           (SELECT COUNT(*) FROM attempts WHERE attempts.run = runs.id) AS attempts,
           (SELECT COALESCE(SUM(MIN(cost, 1000000000000000)), 0) FROM attempts WHERE attempts.run = runs.id) AS cost
    FROM runs
    JOIN workspaces ON workspaces.id = runs.workspace
    JOIN tasks ON tasks.id = runs.task
    LEFT JOIN attempts last ON last.run = runs.id
        AND last.number = (SELECT MAX(number) FROM attempts WHERE attempts.run = runs.id)
    WHERE runs.id = ?1";

impl RunFilter {
    fn newest(&self) -> Newest {
        let states = if self.states.is_empty() { RunState::ALL } else { &self.states };
        Newest {
            table: "runs",
            states: states.iter().map(|state| state.as_str()).collect(),
            columns: [
                ("workspace", self.workspace.map(|id| id.to_string())),
                ("owner", self.principal.clone()),
            ],
            before: self.before.map(|id| id.to_string()),
            limit: self.limit,
        }
    }

    fn includes(&self, run: &Run, owner: &str) -> bool {
        (self.states.is_empty() || self.states.contains(&run.state))
            && self.workspace.is_none_or(|workspace| workspace == run.workspace)
            && self.principal.as_ref().is_none_or(|principal| principal == owner)
            && self.before.is_none_or(|before| run.id < before)
    }
}

/// The runs of a task that a filter includes, newest first.
fn of_task(conn: &Connection, task: TaskId, filter: &RunFilter) -> Result<Vec<RunId>, StoreError> {
    let runs =
        conn.all("SELECT * FROM runs WHERE task = ?1 ORDER BY id DESC", [task.to_string()], |row| {
            Ok((Run::read(row)?, row.get::<_, String>("owner")?))
        })?;
    let included = runs.into_iter().filter(|(run, owner)| filter.includes(run, owner));
    Ok(included.map(|(run, _)| run.id).take(usize::try_from(filter.limit).unwrap_or(usize::MAX)).collect())
}

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
                        Artifact::read,
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

    /// Returns runs, newest first.
    pub async fn list(self, filter: RunFilter) -> Result<Vec<RunSummary>, StoreError> {
        self.0
            .read(move |conn| {
                let ids: Vec<RunId> = match filter.task {
                    // A task has few runs.
                    Some(task) => of_task(conn, task, &filter)?,
                    None => filter.newest().ids(conn)?,
                };
                let mut runs = Vec::with_capacity(ids.len());
                for id in ids {
                    runs.extend(conn.one(SUMMARY, [id.to_string()], RunSummary::read)?);
                }
                Ok(runs)
            })
            .await
    }

    /// Returns how many of the newest `limit` runs that succeeded or failed there are, and how many of them failed.
    pub async fn newest_ends(self, limit: u32) -> Result<(u32, u32), StoreError> {
        self.0
            .read(move |conn| {
                let newest = |states: Vec<RunState>| RunFilter { states, limit, ..RunFilter::default() };
                let both = newest(vec![RunState::Succeeded, RunState::Failed]).newest().ids::<RunId>(conn)?;
                let failed = newest(vec![RunState::Failed]).newest().ids::<RunId>(conn)?;
                let oldest = both.last().copied();
                let failed = failed.into_iter().filter(|run| oldest.is_some_and(|oldest| *run >= oldest));
                let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
                Ok((count(both.len()), count(failed.count())))
            })
            .await
    }

    /// Returns a task.
    pub async fn task(self, task: TaskId) -> Result<Task, StoreError> {
        self.0.read(move |conn| task_of(conn, task)).await
    }

    /// Returns an attempt.
    pub async fn attempt(self, attempt: AttemptId) -> Result<Attempt, StoreError> {
        self.0.read(move |conn| attempt_of(conn, attempt)).await
    }

    /// Returns the events of a run after a sequence number, oldest first.
    pub async fn events(self, run: RunId, after: u64, limit: u32) -> Result<Vec<RunEventRecord>, StoreError> {
        self.0
            .read(move |conn| {
                conn.all(
                    "SELECT * FROM run_events WHERE run = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
                    params![run.to_string(), signed(after), limit],
                    run_event,
                )
            })
            .await
    }

    /// Returns the same, with the number of the last requested event that was deleted. All events before the first of
    /// the page, or up to the run's last one, are final.
    pub async fn events_kept(self, run: RunId, after: u64, limit: u32) -> Result<EventPage, StoreError> {
        self.0
            .read(move |conn| {
                let events = conn.all(
                    "SELECT * FROM run_events WHERE run = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
                    params![run.to_string(), signed(after), limit],
                    run_event,
                )?;
                let before_first = match events.first() {
                    Some(first) => first.seq - 1,
                    None => run_of(conn, run)?.last_seq,
                };
                Ok(EventPage { events, gone_to: Some(before_first).filter(|last| *last > after) })
            })
            .await
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
    conn.one("SELECT * FROM tasks WHERE id = ?1", [task.to_string()], Task::read)?
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
