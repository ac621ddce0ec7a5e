//! Recorded decisions with their facts, for a replay.

use crate::file::{Columns, Sql, stamp};
use crate::handles::Decisions;
use crate::{PluginCall, StoreError};
use jackfield_sql::{Row, params};
use jackfield_types::{FailureClass, FailureKind, Micros, PluginKind, TaskId, Timestamp};
use serde::Serialize;

/// A decision for a replay, with its result.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedDecision {
    /// The decision.
    pub call: PluginCall,
    /// The result of its first choice; `None` if it chose nothing, or the result is not known yet.
    pub outcome: Option<RecordedOutcome>,
}

/// The result of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedOutcome {
    /// Its executor.
    pub executor: String,
    /// Its model, as reported.
    pub model: Option<String>,
    /// The type of its task.
    pub task_type: String,
    /// The complexity of its task, 1 to 10.
    pub complexity: u8,
    /// It succeeded.
    pub succeeded: bool,
    /// The result says something about the executor: it succeeded, or the work was bad.
    pub judged: bool,
    /// Its cost.
    pub cost: Micros,
}

impl Decisions<'_> {
    /// Returns the successful decisions of a kind of component since then, oldest first, after the number `after`.
    /// Shadow calls (`shadow_…`) are excluded.
    pub async fn recorded(
        self,
        kind: PluginKind,
        since: Timestamp,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedDecision>, StoreError> {
        self.0
            .read(move |conn| {
                conn.all(
                    "SELECT plugin_calls.*, plugins.kind, plugins.name, plugins.version, plugins.digest,
                        attempts.executor, attempts.model, attempts.failure_class, attempts.cost,
                        attempts.state AS attempt_state, tasks.task_type, tasks.complexity
                 FROM plugin_calls JOIN plugins ON plugins.digest = plugin_calls.plugin
                 LEFT JOIN attempts ON attempts.id = plugin_calls.attempt
                 LEFT JOIN tasks ON tasks.id = plugin_calls.task
                 WHERE plugin_calls.id > ?1 AND plugin_calls.at >= ?2 AND plugins.kind = ?3
                   AND plugin_calls.error IS NULL AND plugin_calls.seed IS NOT NULL
                   AND plugin_calls.function NOT LIKE 'shadow\\_%' ESCAPE '\\'
                 ORDER BY plugin_calls.id LIMIT ?4",
                    params![crate::file::signed(after), stamp(since), kind.as_str(), limit],
                    |row| Ok(RecordedDecision { call: PluginCall::read(row)?, outcome: outcome(row)? }),
                )
            })
            .await
    }

    /// Returns the results of the attempts that ended since then, whether a chooser or the caller chose the executor.
    pub async fn outcomes(self, since: Timestamp) -> Result<Vec<RecordedOutcome>, StoreError> {
        self.0
            .read(move |conn| {
                let rows = conn.all(
                    "SELECT attempts.executor, attempts.model, attempts.failure_class, attempts.cost,
                        attempts.state AS attempt_state, tasks.task_type, tasks.complexity
                 FROM attempts JOIN tasks ON tasks.id = attempts.task
                 WHERE attempts.state = 'settled' AND attempts.settled_at >= ?1",
                    [stamp(since)],
                    outcome,
                )?;
                Ok(rows.into_iter().flatten().collect())
            })
            .await
    }

    /// Returns shadow calls since then, newest first, each with the live call on the same facts.
    pub async fn shadowed(
        self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(PluginCall, PluginCall)>, StoreError> {
        self.0
            .read(move |conn| {
                let sql = "SELECT plugin_calls.*, plugins.kind, plugins.name, plugins.version, plugins.digest
                       FROM plugin_calls JOIN plugins ON plugins.digest = plugin_calls.plugin";
                let shadows = conn.all(
                    &format!(
                    "{sql} WHERE plugin_calls.at >= ?1 AND plugin_calls.function LIKE 'shadow\\_%' ESCAPE '\\'
                     ORDER BY plugin_calls.id DESC LIMIT ?2"
                ),
                    params![stamp(since), limit],
                    PluginCall::read,
                )?;
                let mut pairs = Vec::new();
                for shadow in shadows {
                    let of = shadow.facts.get("of").and_then(serde_json::Value::as_u64).unwrap_or_default();
                    let live = conn.one(
                        &format!("{sql} WHERE plugin_calls.id = ?1"),
                        [crate::file::signed(of)],
                        PluginCall::read,
                    )?;
                    pairs.extend(live.map(|live| (shadow, live)));
                }
                Ok(pairs)
            })
            .await
    }
}

impl Decisions<'_> {
    /// Returns the last successful call of a function about a task.
    pub async fn last(self, task: TaskId, function: &str) -> Result<Option<PluginCall>, StoreError> {
        let function = function.to_owned();
        self.0
            .read(move |conn| {
                conn.one(
                    "SELECT plugin_calls.*, plugins.kind, plugins.name, plugins.version, plugins.digest
                 FROM plugin_calls JOIN plugins ON plugins.digest = plugin_calls.plugin
                 WHERE task = ?1 AND function = ?2 AND error IS NULL ORDER BY plugin_calls.id DESC LIMIT 1",
                    params![task.to_string(), function],
                    PluginCall::read,
                )
            })
            .await
    }
}

fn outcome(row: &Row<'_>) -> jackfield_sql::Result<Option<RecordedOutcome>> {
    if row.get::<_, Option<String>>("attempt_state")?.as_deref() != Some("settled") {
        return Ok(None);
    }
    let failure: Option<FailureClass> = row.word_opt("failure_class")?;
    Ok(Some(RecordedOutcome {
        executor: row.get("executor")?,
        model: row.get("model")?,
        task_type: row.get("task_type")?,
        complexity: row.get("complexity")?,
        succeeded: failure.is_none(),
        judged: failure.is_none_or(|class| class.kind() == FailureKind::Quality),
        cost: row.micros("cost")?,
    }))
}
