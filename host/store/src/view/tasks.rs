//! Tasks as they are read back: in a list, and one with everything that belongs to it.

use super::{ids, runs, trail};
use crate::file::{Columns, Sql};
use crate::handles::Tasks;
use crate::people::{checkpoints, decisions, tasks};
use crate::{Artifact, Attempt, Checkpoint, Decision, HumanTask, PluginCall, Run, StoreError, Task};
use jackfield_types::{AttemptId, Micros, RunId, TaskId, TaskState, WorkspaceId};
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, params_from_iter};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Which tasks to list, newest first.
#[derive(Debug, Clone)]
pub struct TaskFilter {
    /// In one of these states; empty: in any.
    pub states: Vec<TaskState>,
    /// Of one workspace.
    pub workspace: Option<WorkspaceId>,
    /// Of one principal.
    pub principal: Option<String>,
    /// Older than this one.
    pub before: Option<TaskId>,
    /// At most so many.
    pub limit: u32,
}

impl Default for TaskFilter {
    fn default() -> Self {
        Self { states: Vec::new(), workspace: None, principal: None, before: None, limit: 50 }
    }
}

/// One line of a list of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct TaskSummary {
    #[serde(flatten)]
    pub task: Task,
    pub workspace_name: String,
    /// How many runs it has had.
    pub runs: u32,
    /// Spent by all its attempts.
    pub cost: Micros,
    /// What waits for a person because of it.
    pub open_human_tasks: u32,
}

/// A run with its attempts and what they produced.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct RunInFull {
    pub run: Run,
    pub attempts: Vec<Attempt>,
    pub artifacts: Vec<Artifact>,
}

/// Everything about one task, read in one snapshot; each list is in the order in which it came about.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct TaskView {
    pub task: Task,
    pub workspace_name: String,
    pub runs: Vec<RunInFull>,
    pub checkpoints: Vec<Checkpoint>,
    pub decisions: Vec<Decision>,
    pub human_tasks: Vec<HumanTask>,
}

/// Everything about one task, and everything that components answered about it.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskHistory {
    /// The task.
    pub view: TaskView,
    /// In the order in which they were asked.
    pub calls: Vec<PluginCall>,
    /// What the checks of attempts came to, as they were recorded.
    pub checks: Vec<(AttemptId, Value)>,
}

impl Tasks<'_> {
    /// The task with this id, or the only one whose id begins so (case does not matter).
    /// Only what is of `principal` is there, where one is given.
    pub async fn find(self, id: &str, principal: Option<&str>) -> Result<TaskId, StoreError> {
        let (id, principal) = (id.to_owned(), principal.map(str::to_owned));
        self.0.read(move |conn| ids::find(conn, &ids::TASKS, &id, principal.as_deref())).await
    }

    /// Tasks, newest first.
    pub async fn list(self, filter: TaskFilter) -> Result<Vec<TaskSummary>, StoreError> {
        self.0.read(move |conn| {
            let mut sql = "
                SELECT tasks.*, workspaces.name AS workspace_name,
                       (SELECT COUNT(*) FROM runs WHERE runs.task = tasks.id) AS runs,
                       (SELECT COALESCE(SUM(MIN(cost, 1000000000000000)), 0) FROM attempts JOIN runs ON runs.id = attempts.run
                        WHERE runs.task = tasks.id) AS cost,
                       (SELECT COUNT(*) FROM human_tasks
                        WHERE human_tasks.task = tasks.id AND human_tasks.state = 'open') AS open_human_tasks
                FROM tasks JOIN workspaces ON workspaces.id = tasks.workspace WHERE TRUE"
                .to_owned();
            let mut values: Vec<SqlValue> = Vec::new();
            if !filter.states.is_empty() {
                let marks = vec!["?"; filter.states.len()].join(", ");
                sql.push_str(&format!(" AND tasks.state IN ({marks})"));
                values.extend(filter.states.iter().map(|state| state.as_str().to_owned().into()));
            }
            if let Some(workspace) = filter.workspace {
                sql.push_str(" AND tasks.workspace = ?");
                values.push(workspace.to_string().into());
            }
            if let Some(principal) = filter.principal {
                sql.push_str(" AND tasks.principal = ?");
                values.push(principal.into());
            }
            if let Some(before) = filter.before {
                sql.push_str(" AND tasks.id < ?");
                values.push(before.to_string().into());
            }
            sql.push_str(" ORDER BY tasks.id DESC LIMIT ?");
            values.push(filter.limit.into());
            conn.all(&sql, params_from_iter(values), |row| {
                Ok(TaskSummary {
                    task: Task::read(row)?,
                    workspace_name: row.get("workspace_name")?,
                    runs: row.get("runs")?,
                    cost: row.micros("cost")?,
                    open_human_tasks: row.get("open_human_tasks")?,
                })
            })
        })
        .await
    }

    /// Everything about one task.
    pub async fn get(self, task: TaskId) -> Result<TaskView, StoreError> {
        self.0.read(move |conn| view(conn, task)).await
    }

    /// The same, with every answer of a component about it and the facts that it saw.
    pub async fn history(self, task: TaskId) -> Result<TaskHistory, StoreError> {
        self.0
            .read(move |conn| {
                let checks = conn.all(
                    "SELECT attempts.id, checks FROM attempts JOIN runs ON runs.id = attempts.run
                 WHERE runs.task = ?1 AND checks IS NOT NULL",
                    [task.to_string()],
                    |row| Ok((row.parsed("id")?, row.json("checks")?)),
                )?;
                Ok(TaskHistory { view: view(conn, task)?, calls: trail::calls_of(conn, task)?, checks })
            })
            .await
    }

    /// The latest version of what a task is to be; none: it was never specified beyond its instruction.
    pub async fn latest_spec(self, task: TaskId) -> Result<Option<Checkpoint>, StoreError> {
        self.0.read(move |conn| checkpoints::latest_checkpoint(conn, task, "spec")).await
    }

    /// The task that a run belongs to.
    pub async fn of_run(self, run: RunId) -> Result<TaskId, StoreError> {
        self.0.read(move |conn| runs::run_of(conn, run).map(|run| run.task)).await
    }
}

fn view(conn: &Connection, task: TaskId) -> Result<TaskView, StoreError> {
    let found = runs::task_of(conn, task)?;
    let workspace_name = super::workspaces::by_id(conn, found.workspace)?.name;
    let of_run = format!("{} WHERE attempts.run = ?1 ORDER BY attempts.number", Attempt::SELECT);
    let mut in_full = Vec::new();
    for run in conn.all("SELECT * FROM runs WHERE task = ?1 ORDER BY id", [task.to_string()], Run::read)? {
        in_full.push(RunInFull {
            attempts: conn.all(&of_run, [run.id.to_string()], Attempt::read)?,
            artifacts: conn.all(
                "SELECT * FROM artifacts WHERE run = ?1 ORDER BY id",
                [run.id.to_string()],
                Artifact::read,
            )?,
            run,
        });
    }
    Ok(TaskView {
        task: found,
        workspace_name,
        runs: in_full,
        checkpoints: checkpoints::of_task(conn, task)?,
        decisions: decisions::of_task(conn, task)?,
        human_tasks: tasks::of_task(conn, task)?,
    })
}
