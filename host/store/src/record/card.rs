//! Cards: tasks on the board.

use crate::NewTask;
use crate::file::Columns;
use jackfield_model::{CardWait, StageState};
use jackfield_sql::Row;
use jackfield_types::{
    Micros, RunId, RunState, StageName, TaskId, TaskState, Timestamp, WorkflowName, WorkspaceId,
};
use serde::Serialize;

/// A card to be recorded, with its task.
#[derive(Debug, Clone)]
pub struct NewCard {
    /// The task; it begins in the stage of its position.
    pub task: NewTask,
    /// The wished name in its branch and its folder; a number is added if another card of the workspace has it.
    pub slug: String,
    /// For people.
    pub labels: Vec<String>,
    /// Higher goes first.
    pub priority: i32,
    /// The person or agent that it is assigned to.
    pub assignee: Option<String>,
}

/// A card, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Card {
    /// The id of its task.
    pub id: TaskId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The name of the workspace.
    pub workspace_name: String,
    /// The workflow.
    pub workflow: WorkflowName,
    /// The stage.
    pub stage: StageName,
    /// Its state in the stage.
    pub state: StageState,
    /// Its title.
    pub title: String,
    /// The first 200 characters of its body.
    pub summary: String,
    /// For people.
    pub labels: Vec<String>,
    /// Higher goes first.
    pub priority: i32,
    /// The person or agent that it is assigned to.
    pub assignee: Option<String>,
    /// The principal that created it.
    pub author: String,
    /// Its name in its branch and folder.
    pub slug: String,
    /// Counts every change: give it with an edit or a move, which is refused if another change came before.
    pub version: u64,
    /// Counts its entries into a stage.
    pub entry: u64,
    /// When it entered the stage.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub entered_at: Timestamp,
    /// What it waits for.
    pub waits: Option<CardWait>,
    /// Why it waits.
    pub note: String,
    /// The run that locks it.
    pub run: Option<RunId>,
    /// Spent by all its runs, micro-dollars.
    pub cost: Micros,
    /// Human tasks about it that are open.
    pub open_human_tasks: u32,
    /// When it was created.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub created_at: Timestamp,
    /// When it was changed.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub updated_at: Timestamp,
    /// A person has started the stage.
    #[serde(skip)]
    pub started: bool,
    /// The board has to decide what follows.
    #[serde(skip)]
    pub due: bool,
}

impl Card {
    pub(crate) const SELECT: &str = "
        SELECT cards.*, tasks.workflow, tasks.stage, tasks.state AS task_state, tasks.title, tasks.principal,
               substr(tasks.instruction, 1, 200) AS summary, tasks.created_at, tasks.updated_at,
               workspaces.name AS workspace_name, active.id AS run, active.state AS run_state,
               (SELECT COALESCE(SUM(MIN(cost, 1000000000000000)), 0) FROM attempts JOIN runs ON runs.id = attempts.run
                WHERE runs.task = cards.task) AS cost,
               (SELECT COUNT(*) FROM human_tasks
                WHERE human_tasks.task = cards.task AND human_tasks.state = 'open') AS open_human_tasks
        FROM cards JOIN tasks ON tasks.id = cards.task JOIN workspaces ON workspaces.id = cards.workspace
        LEFT JOIN runs AS active ON active.id = (
            SELECT id FROM runs WHERE runs.task = cards.task AND state NOT IN ('succeeded', 'failed', 'cancelled')
            ORDER BY id DESC LIMIT 1)";

    pub(crate) fn read(row: &Row<'_>) -> jackfield_sql::Result<Self> {
        let (task, run): (TaskState, Option<RunState>) =
            (row.word("task_state")?, row.word_opt("run_state")?);
        let (waits, due) = (row.word_opt("waits")?, row.get("due")?);
        Ok(Self {
            id: row.parsed("task")?,
            workspace: row.parsed("workspace")?,
            workspace_name: row.get("workspace_name")?,
            workflow: row.parsed("workflow")?,
            stage: row.parsed("stage")?,
            state: StageState::of(task, run, waits, due),
            title: row.get("title")?,
            summary: row.get("summary")?,
            labels: row.json("labels")?,
            priority: row.get("priority")?,
            assignee: row.get("assignee")?,
            author: row.get("principal")?,
            slug: row.get("slug")?,
            version: row.count("version")?,
            entry: row.count("entry")?,
            entered_at: row.parsed("entered_at")?,
            waits,
            note: row.get("note")?,
            run: row.parsed_opt("run")?,
            cost: row.micros("cost")?,
            open_human_tasks: row.get("open_human_tasks")?,
            created_at: row.parsed("created_at")?,
            updated_at: row.parsed("updated_at")?,
            started: row.get("started")?,
            due,
        })
    }
}
