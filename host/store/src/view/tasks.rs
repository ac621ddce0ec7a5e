//! Reading tasks: lists, and single tasks with their records.

use super::newest::{Newest, Walk};
use super::{ids, runs, trail};
use crate::file::{Columns, Sql};
use crate::handles::Tasks;
use crate::people::{checkpoints, decisions, tasks};
use crate::{Artifact, Attempt, Checkpoint, Decision, HumanTask, PluginCall, Run, StoreError, Task, record};
use jackfield_sql::{Connection, Row};
use jackfield_types::{
    AttemptId, Micros, RunId, StageName, TaskId, TaskState, Timestamp, WorkflowName, WorkspaceId,
};
use serde::Serialize;
use serde_json::Value;
use std::ops::ControlFlow;

/// Which tasks to list, newest first.
#[derive(Debug, Clone)]
pub struct TaskFilter {
    /// In one of these states; empty: in any.
    pub states: Vec<TaskState>,
    /// Of one workspace.
    pub workspace: Option<WorkspaceId>,
    /// Of one principal.
    pub principal: Option<String>,
    /// With this text in the title, in any case.
    pub text: Option<String>,
    /// Tasks older than this one.
    pub before: Option<TaskId>,
    /// At most this many tasks.
    pub limit: u32,
}

/// Tasks of a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskPage {
    /// The tasks.
    pub tasks: Vec<TaskSummary>,
    /// Where the list goes on: tasks before this one. `None` at its end. A page may be short before that, as only so
    /// many tasks are looked at for one.
    pub next: Option<TaskId>,
}

impl Default for TaskFilter {
    fn default() -> Self {
        Self { states: Vec::new(), workspace: None, principal: None, text: None, before: None, limit: 50 }
    }
}

impl TaskFilter {
    fn newest(&self, before: Option<TaskId>, limit: usize) -> Newest {
        let states = if self.states.is_empty() { TaskState::ALL } else { &self.states };
        Newest {
            table: "tasks",
            states: states.iter().map(|state| state.as_str()).collect(),
            columns: [
                ("workspace", self.workspace.map(|id| id.to_string())),
                ("principal", self.principal.clone()),
            ],
            before: before.map(|id| id.to_string()),
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
        }
    }

    fn includes(&self, task: &TaskSummary) -> bool {
        let has = |text: &String| task.title.to_lowercase().contains(&text.to_lowercase());
        self.text.as_ref().is_none_or(has)
    }
}

const SUMMARY: &str = "
    SELECT tasks.id, tasks.workspace, tasks.principal, tasks.title, substr(tasks.instruction, 1, 200) AS summary,
           tasks.task_type, tasks.complexity, tasks.workflow, tasks.stage, tasks.state, tasks.created_at,
           tasks.updated_at, workspaces.name AS workspace_name,
           (SELECT COUNT(*) FROM runs WHERE runs.task = tasks.id) AS runs,
           (SELECT COALESCE(SUM(MIN(cost, 1000000000000000)), 0) FROM attempts JOIN runs ON runs.id = attempts.run
            WHERE runs.task = tasks.id) AS cost,
           (SELECT COUNT(*) FROM human_tasks
            WHERE human_tasks.task = tasks.id AND human_tasks.state = 'open') AS open_human_tasks
    FROM tasks JOIN workspaces ON workspaces.id = tasks.workspace WHERE tasks.id = ?1";

/// One line of a list of tasks. It has the beginning of the instruction, which may be long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct TaskSummary {
    pub id: TaskId,
    pub workspace: WorkspaceId,
    pub workspace_name: String,
    pub principal: String,
    pub title: String,
    /// The first 200 characters of the instruction.
    pub summary: String,
    pub task_type: String,
    pub complexity: u8,
    /// The workflow whose stages it passes.
    pub workflow: WorkflowName,
    /// The stage of the workflow that it is in.
    pub stage: StageName,
    pub state: TaskState,
    /// How many runs it has had.
    pub runs: u32,
    /// Spent by all its attempts.
    pub cost: Micros,
    /// What waits for a person because of it.
    pub open_human_tasks: u32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl TaskSummary {
    fn read(row: &Row<'_>) -> jackfield_sql::Result<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            workspace: row.parsed("workspace")?,
            workspace_name: row.get("workspace_name")?,
            principal: row.get("principal")?,
            title: row.get("title")?,
            summary: row.get("summary")?,
            task_type: row.get("task_type")?,
            complexity: row.get("complexity")?,
            workflow: row.parsed("workflow")?,
            stage: row.parsed("stage")?,
            state: row.word("state")?,
            runs: row.get("runs")?,
            cost: row.micros("cost")?,
            open_human_tasks: row.get("open_human_tasks")?,
            created_at: row.parsed("created_at")?,
            updated_at: row.parsed("updated_at")?,
        })
    }
}

/// A run with its attempts and what they produced.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct RunInFull {
    pub run: Run,
    pub attempts: Vec<Attempt>,
    pub artifacts: Vec<Artifact>,
}

/// Everything about one task, read in one snapshot; each list is in the order in which it came about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct TaskView {
    pub task: Task,
    pub workspace_name: String,
    pub runs: Vec<RunInFull>,
    pub checkpoints: Vec<Checkpoint>,
    pub decisions: Vec<Decision>,
    pub human_tasks: Vec<HumanTask>,
}

/// A task with its records and its component calls.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskHistory {
    /// The task.
    pub view: TaskView,
    /// In the order of the calls.
    pub calls: Vec<PluginCall>,
    /// The recorded results of each attempt's checks.
    pub checks: Vec<(AttemptId, Value)>,
}

impl Tasks<'_> {
    /// Returns the task with this id or with the only id that begins with it, in any case. With `principal`, only its
    /// tasks count.
    pub async fn find(self, id: &str, principal: Option<&str>) -> Result<TaskId, StoreError> {
        let (id, principal) = (id.to_owned(), principal.map(str::to_owned));
        self.0.read(move |conn| ids::find(conn, &ids::TASKS, &id, principal.as_deref())).await
    }

    /// Returns tasks, newest first, and where the list goes on.
    pub async fn page(self, filter: TaskFilter) -> Result<TaskPage, StoreError> {
        self.0.read(move |conn| page(conn, &filter)).await
    }

    /// Returns a task with its runs, checkpoints, decisions and human tasks.
    pub async fn get(self, task: TaskId) -> Result<TaskView, StoreError> {
        self.0.read(move |conn| view(conn, task)).await
    }

    /// Returns the same, with every component call about the task and its facts.
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

    /// Returns the latest specification of a task; `None` if it has only its instruction.
    pub async fn latest_spec(self, task: TaskId) -> Result<Option<Checkpoint>, StoreError> {
        self.0.read(move |conn| checkpoints::latest_checkpoint(conn, task, "spec")).await
    }

    /// Returns the task of a run.
    pub async fn of_run(self, run: RunId) -> Result<TaskId, StoreError> {
        self.0.read(move |conn| runs::run_of(conn, run).map(|run| run.task)).await
    }
}

fn page(conn: &Connection, filter: &TaskFilter) -> Result<TaskPage, StoreError> {
    let most = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let walk = Walk { before: filter.before, most, is_indexed: filter.text.is_none() };
    let line = |id: TaskId| {
        let task = conn.one(SUMMARY, [id.to_string()], TaskSummary::read)?;
        Ok(ControlFlow::Continue(task.filter(|task| filter.includes(task))))
    };
    let (tasks, next) = walk.page(|before, limit| filter.newest(before, limit).ids(conn), line)?;
    Ok(TaskPage { tasks, next })
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
                record::artifact,
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
