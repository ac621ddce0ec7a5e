//! Lists of runs: the newest, the most expensive, and those that match a filter.

use super::newest::{Newest, Walk};
use crate::file::{Columns, Sql};
use crate::handles::Runs;
use crate::record::run_event;
use crate::{LastEvent, RunSummary, StoreError};
use jackfield_sql::{Connection, params};
use jackfield_types::{AttemptId, RunId, RunState, TaskId, Timestamp, WorkspaceId};
use std::ops::ControlFlow;

/// Runs that are looked at for the most expensive ones of a filter.
const EXAMINED: usize = 5_000;
/// Attempts, the newest of a period, that are compared for the most expensive runs.
const COMPARED: u32 = 50_000;
/// Events, the last of a run, among which is the last thing that its agent did.
const LAST_EVENTS: u32 = 8;

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
    /// Whose last attempt was of this executor.
    pub executor: Option<String>,
    /// With this text in the title, in any case.
    pub text: Option<String>,
    /// Not older than this time.
    pub since: Option<Timestamp>,
    /// Runs older than this one.
    pub before: Option<RunId>,
    /// At most this many runs.
    pub limit: u32,
}

impl Default for RunFilter {
    fn default() -> Self {
        Self {
            states: Vec::new(),
            workspace: None,
            task: None,
            principal: None,
            executor: None,
            text: None,
            since: None,
            before: None,
            limit: 50,
        }
    }
}

/// Runs of a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunPage {
    /// The runs.
    pub runs: Vec<RunSummary>,
    /// Where the list goes on: runs before this one. `None` at its end. A page may be short before that, as only so
    /// many runs are looked at for one.
    pub next: Option<RunId>,
}

const SUMMARY: &str = "
    SELECT runs.*, workspaces.name AS workspace_name, tasks.title, tasks.task_type,
           last.executor, last.model, last.failure_class, last.outcome,
           (SELECT COUNT(*) FROM attempts WHERE attempts.run = runs.id) AS attempts,
           (SELECT COALESCE(SUM(MIN(cost, 1000000000000000)), 0) FROM attempts WHERE attempts.run = runs.id) AS cost
    FROM runs
    JOIN workspaces ON workspaces.id = runs.workspace
    JOIN tasks ON tasks.id = runs.task
    LEFT JOIN attempts last ON last.run = runs.id
        AND last.number = (SELECT MAX(number) FROM attempts WHERE attempts.run = runs.id)
    WHERE runs.id = ?1";

impl RunFilter {
    fn newest(&self, before: Option<RunId>, limit: usize) -> Newest {
        let states = if self.states.is_empty() { RunState::ALL } else { &self.states };
        Newest {
            table: "runs",
            states: states.iter().map(|state| state.as_str()).collect(),
            columns: [
                ("workspace", self.workspace.map(|id| id.to_string())),
                ("owner", self.principal.clone()),
            ],
            before: before.map(|id| id.to_string()),
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
        }
    }

    /// Whether an index alone finds the runs.
    const fn is_indexed(&self) -> bool {
        self.executor.is_none() && self.text.is_none()
    }

    fn includes(&self, run: &RunSummary) -> bool {
        let has = |text: &String| run.title.to_lowercase().contains(&text.to_lowercase());
        (self.states.is_empty() || self.states.contains(&run.state))
            && self.workspace.is_none_or(|workspace| workspace == run.workspace)
            && self.principal.as_ref().is_none_or(|principal| *principal == run.principal)
            && (self.executor.is_none() || self.executor == run.executor)
            && self.text.as_ref().is_none_or(has)
            && self.since.is_none_or(|since| run.run.made_at() >= since)
            && self.before.is_none_or(|before| run.run < before)
    }

    fn most(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }
}

impl Runs<'_> {
    /// Returns runs, newest first.
    pub async fn list(self, filter: RunFilter) -> Result<Vec<RunSummary>, StoreError> {
        Ok(self.page(filter).await?.runs)
    }

    /// Returns runs, newest first, and where the list goes on.
    pub async fn page(self, filter: RunFilter) -> Result<RunPage, StoreError> {
        self.0
            .read(move |conn| match filter.task {
                Some(task) => of_task(conn, task, &filter),
                None => newest(conn, &filter),
            })
            .await
    }

    /// Returns runs, the most expensive first. Of a long period only the last attempts are compared.
    pub async fn by_cost(self, filter: RunFilter) -> Result<Vec<RunSummary>, StoreError> {
        self.0
            .read(move |conn| {
                let first =
                    filter.since.map_or_else(String::new, |since| AttemptId::first_at(since).to_string());
                let ids: Vec<RunId> = conn.all(
                    "SELECT run, SUM(MIN(cost, 1000000000000000)) AS cost
                     FROM (SELECT run, cost FROM attempts WHERE id >= ?1 ORDER BY id DESC LIMIT ?2)
                     GROUP BY run HAVING SUM(MIN(cost, 1000000000000000)) > 0 ORDER BY 2 DESC, run DESC",
                    params![first, COMPARED],
                    |row| row.parsed("run"),
                )?;
                let mut found = Vec::new();
                for id in ids.into_iter().take(EXAMINED) {
                    found.extend(included(conn, id, &filter)?);
                    if found.len() >= filter.most() {
                        break;
                    }
                }
                Ok(found)
            })
            .await
    }

    /// Returns the newest runs of each state, with the number of their last event: at most `limit` of those that have not
    /// ended, and a tenth of it of the others.
    pub async fn newest_states(self, limit: u32) -> Result<Vec<(RunId, RunState, u64)>, StoreError> {
        self.0
            .read(move |conn| {
                let mut newest = Vec::new();
                for state in RunState::ALL {
                    let limit = if state.is_final() { limit / 10 } else { limit };
                    let sql = "SELECT id, last_seq FROM runs WHERE state = ?1 ORDER BY id DESC LIMIT ?2";
                    newest.extend(conn.all(sql, params![state.as_str(), limit], |row| {
                        Ok((row.parsed("id")?, *state, row.count("last_seq")?))
                    })?);
                }
                Ok(newest)
            })
            .await
    }

    /// Returns the summary of a run; `None` if there is no such run.
    pub async fn summary(self, run: RunId) -> Result<Option<RunSummary>, StoreError> {
        self.0.read(move |conn| included(conn, run, &RunFilter::default())).await
    }

    /// Returns how many of the newest `limit` runs that succeeded or failed there are, and how many of them failed.
    pub async fn newest_ends(self, limit: u32) -> Result<(u32, u32), StoreError> {
        self.0
            .read(move |conn| {
                let newest = |states: Vec<RunState>| {
                    let filter = RunFilter { states, limit, ..RunFilter::default() };
                    filter.newest(None, filter.most()).ids::<RunId>(conn)
                };
                let both = newest(vec![RunState::Succeeded, RunState::Failed])?;
                let failed = newest(vec![RunState::Failed])?;
                let oldest = both.last().copied();
                let failed = failed.into_iter().filter(|run| oldest.is_some_and(|oldest| *run >= oldest));
                let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
                Ok((count(both.len()), count(failed.count())))
            })
            .await
    }
}

/// The summary of a run that a filter includes.
fn included(conn: &Connection, run: RunId, filter: &RunFilter) -> Result<Option<RunSummary>, StoreError> {
    let found = conn.one(SUMMARY, [run.to_string()], RunSummary::read)?;
    let Some(mut summary) = found.filter(|run| filter.includes(run)) else { return Ok(None) };
    if !summary.state.is_final() {
        summary.last_event = last_event(conn, run)?;
    }
    Ok(Some(summary))
}

fn last_event(conn: &Connection, run: RunId) -> Result<Option<LastEvent>, StoreError> {
    let sql = "SELECT * FROM run_events WHERE run = ?1 ORDER BY seq DESC LIMIT ?2";
    let last = conn.all(sql, params![run.to_string(), LAST_EVENTS], run_event)?;
    Ok(last.into_iter().find_map(|record| {
        let text = record.event().headline()?;
        Some(LastEvent { at: record.at, kind: record.kind, text })
    }))
}

/// The runs of a task that a filter includes, newest first. A task has few runs.
fn of_task(conn: &Connection, task: TaskId, filter: &RunFilter) -> Result<RunPage, StoreError> {
    let sql = "SELECT id FROM runs WHERE task = ?1 ORDER BY id DESC";
    let ids: Vec<RunId> = conn.all(sql, [task.to_string()], |row| row.parsed("id"))?;
    let mut page = RunPage::default();
    for id in ids {
        page.runs.extend(included(conn, id, filter)?);
        if page.runs.len() >= filter.most() {
            page.next = Some(id);
            break;
        }
    }
    Ok(page)
}

fn newest(conn: &Connection, filter: &RunFilter) -> Result<RunPage, StoreError> {
    let walk = Walk { before: filter.before, most: filter.most(), is_indexed: filter.is_indexed() };
    let line = |id: RunId| match filter.since {
        Some(since) if id.made_at() < since => Ok(ControlFlow::Break(())),
        _ => included(conn, id, filter).map(ControlFlow::Continue),
    };
    let (runs, next) = walk.page(|before, limit| filter.newest(before, limit).ids(conn), line)?;
    Ok(RunPage { runs, next })
}
