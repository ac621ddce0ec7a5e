//! The recent bad work, and the good work after it: the facts of quality issues.

use crate::StoreError;
use crate::file::{Columns, Sql, stamp};
use crate::handles::Stats;
use jackfield_sql::{Connection, Row, params};
use jackfield_types::{FailureClass, FailureKind, RunId, TaskId, Timestamp, WorkspaceId};
use serde_json::{Value, json};

/// Most runs that are read: bad ones, and later good ones.
const MOST_BAD: u32 = 50;
const MOST_GOOD: u32 = 500;

/// A run whose work was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedRun {
    /// The run. A later one has a greater id.
    pub run: RunId,
    /// Its task.
    pub task: TaskId,
    /// The task's name in lists.
    pub title: String,
    /// The task's type.
    pub task_type: String,
    /// The beginning of the instruction.
    pub instruction: String,
    /// The caller's keywords.
    pub keywords: Vec<String>,
    /// When it ended.
    pub ended_at: Timestamp,
    /// The failure of its last attempt; `None` if it succeeded.
    pub failure: Option<FailureClass>,
}

/// The judged runs of a workspace, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quality {
    /// The last runs of their tasks that failed because the work was bad.
    pub bad: Vec<JudgedRun>,
    /// Runs that succeeded after the oldest of those.
    pub good: Vec<JudgedRun>,
}

impl Stats<'_> {
    /// Returns the bad work in a workspace since then that still stands, and the good work after it. Commands are
    /// excluded (tasks of the type `command`, and work of the executors `commands`), as are tasks closed as done or
    /// cancelled.
    pub async fn quality(
        self,
        workspace: WorkspaceId,
        since: Timestamp,
        commands: Vec<String>,
    ) -> Result<Quality, StoreError> {
        self.0
            .read(move |conn| {
                let bad = bad(conn, workspace, since, &commands)?;
                let Some(oldest) = bad.iter().map(|run| run.run).min() else { return Ok(Quality::default()) };
                Ok(Quality { good: good(conn, workspace, oldest)?, bad })
            })
            .await
    }
}

fn bad(
    conn: &Connection,
    workspace: WorkspaceId,
    since: Timestamp,
    commands: &[String],
) -> Result<Vec<JudgedRun>, StoreError> {
    let bad = FailureClass::ALL.iter().filter(|class| class.kind() == FailureKind::Quality);
    let bad = json!(bad.map(|class| class.as_str()).collect::<Vec<_>>()).to_string();
    conn.all(
        "SELECT runs.id AS run, runs.task AS task, title, task_type, substr(instruction, 1, 4000) AS instruction,
                json_extract(runs.request, '$.keywords') AS keywords, runs.ended_at AS ended_at, last.failure_class
         FROM runs JOIN tasks ON tasks.id = runs.task
              JOIN attempts AS last ON last.id =
                  (SELECT id FROM attempts WHERE run = runs.id ORDER BY number DESC LIMIT 1)
         WHERE runs.workspace = ?1 AND runs.state = 'failed' AND runs.ended_at >= ?2
           AND tasks.state NOT IN ('done', 'cancelled') AND task_type <> 'command'
           AND last.executor NOT IN (SELECT value FROM json_each(?5)) AND last.failure_class IN (SELECT value FROM json_each(?3))
           AND NOT EXISTS (SELECT 1 FROM runs AS later WHERE later.task = runs.task AND later.id > runs.id)
         ORDER BY runs.ended_at DESC LIMIT ?4",
        params![workspace.to_string(), stamp(since), bad, MOST_BAD, json!(commands).to_string()],
        judged,
    )
}

fn good(conn: &Connection, workspace: WorkspaceId, after: RunId) -> Result<Vec<JudgedRun>, StoreError> {
    conn.all(
        "SELECT runs.id AS run, runs.task AS task, title, task_type, substr(instruction, 1, 4000) AS instruction,
                json_extract(runs.request, '$.keywords') AS keywords, runs.ended_at AS ended_at,
                NULL AS failure_class
         FROM runs JOIN tasks ON tasks.id = runs.task
         WHERE runs.workspace = ?1 AND runs.id > ?2 AND runs.state = 'succeeded' AND runs.ended_at IS NOT NULL
           AND task_type <> 'command'
         ORDER BY runs.id DESC LIMIT ?3",
        params![workspace.to_string(), after.to_string(), MOST_GOOD],
        judged,
    )
}

fn judged(row: &Row<'_>) -> jackfield_sql::Result<JudgedRun> {
    let keywords: Option<Value> =
        row.get::<_, Option<String>>("keywords")?.and_then(|keywords| serde_json::from_str(&keywords).ok());
    let keywords = keywords.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(JudgedRun {
        run: row.parsed("run")?,
        task: row.parsed("task")?,
        title: row.get("title")?,
        task_type: row.get("task_type")?,
        instruction: row.get("instruction")?,
        keywords: keywords.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        ended_at: row.parsed("ended_at")?,
        failure: row.word_opt("failure_class")?,
    })
}
