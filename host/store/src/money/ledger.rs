//! The ledger: every amount reserved, charged and released. Rows are only ever added.

use super::{Account, Scope, Spender, Today};
use crate::file::{Columns, Sql, Tx, signed, stamp, word};
use crate::{Store, StoreError};
use jackfield_types::{AttemptId, CostSource, Micros, RunId, TaskId, Timestamp, WorkspaceId};
use rusqlite::types::Value as SqlValue;
use rusqlite::{Row, params, params_from_iter};
use serde::{Deserialize, Serialize};

/// What a row of the ledger says happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LedgerKind {
    /// Held at admission.
    Reserve,
    /// Held in addition, because the work cost more.
    Extend,
    /// Spent; what was held for it is held no longer.
    Charge,
    /// Too much was charged; on the day on which it was.
    Correct,
    /// Held, not needed.
    Release,
}

/// One row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct LedgerRow {
    pub id: u64,
    pub at: Timestamp,
    /// The day it counts for, in the store's time zone, `YYYY-MM-DD`.
    pub day: String,
    /// The month it counts for, `YYYY-MM`.
    pub month: String,
    pub workspace: WorkspaceId,
    pub task: TaskId,
    pub run: RunId,
    pub attempt: AttemptId,
    pub executor: String,
    pub model: Option<String>,
    pub kind: LedgerKind,
    pub reserved_delta: Micros,
    pub spent_delta: Micros,
    pub account: Account,
    pub source: Option<CostSource>,
    pub price_as_of: Option<String>,
    pub note: Option<String>,
}

/// Which rows of the ledger to read, oldest first.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct LedgerFilter {
    pub workspace: Option<WorkspaceId>,
    pub task: Option<TaskId>,
    pub run: Option<RunId>,
    pub attempt: Option<AttemptId>,
    pub executor: Option<String>,
    /// `YYYY-MM-DD`.
    pub day: Option<String>,
    /// `YYYY-MM`.
    pub month: Option<String>,
    /// After this row.
    pub after: u64,
    /// At most so many.
    pub limit: u32,
}

impl Default for LedgerFilter {
    fn default() -> Self {
        Self {
            workspace: None,
            task: None,
            run: None,
            attempt: None,
            executor: None,
            day: None,
            month: None,
            after: 0,
            limit: 1000,
        }
    }
}

/// One change of what is held and spent.
pub(crate) struct Entry<'a> {
    pub(crate) kind: LedgerKind,
    pub(crate) reserved: Micros,
    pub(crate) spent: Micros,
    /// The day that it counts for.
    pub(crate) on: &'a Today,
    pub(crate) source: Option<CostSource>,
    pub(crate) price_as_of: Option<&'a str>,
    pub(crate) note: Option<&'a str>,
}

/// Whose money it is.
pub(crate) struct Purse {
    pub(crate) spender: Spender,
    pub(crate) model: Option<String>,
    pub(crate) account: Account,
}

/// Adds a row to the ledger, and its amounts to every sum that they belong to: those of the breaker
/// and those of the attempt. There is no other way to change any of them.
pub(crate) fn post(tx: &Tx<'_>, purse: &Purse, entry: &Entry<'_>) -> Result<(), StoreError> {
    let Spender { workspace, executor, task, run, attempt } = &purse.spender;
    tx.exec(
        "INSERT INTO ledger (at, day, month, workspace, task, run, attempt, executor, model, kind,
                             reserved_delta, spent_delta, account, source, price_as_of, note)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        params![
            stamp(tx.now),
            entry.on.day,
            entry.on.month,
            workspace.to_string(),
            task.to_string(),
            run.to_string(),
            attempt.to_string(),
            executor,
            purse.model,
            word(entry.kind),
            entry.reserved.0,
            entry.spent.0,
            word(purse.account),
            entry.source.map(CostSource::as_str),
            entry.price_as_of,
            entry.note,
        ],
    )?;
    tx.exec(
        "UPDATE attempts SET reserved = reserved + ?2, cost = cost + ?3 WHERE id = ?1",
        params![attempt.to_string(), entry.reserved.0, entry.spent.0],
    )?;
    let scopes = [
        Scope::All,
        Scope::Workspace(*workspace),
        Scope::Executor(executor.clone()),
        Scope::Task(*task),
        Scope::Run(*run),
    ];
    scopes.iter().try_for_each(|scope| add(tx, scope, purse.account, entry))
}

fn add(tx: &Tx<'_>, scope: &Scope, account: Account, entry: &Entry<'_>) -> Result<(), StoreError> {
    use super::Period::{Day, Ever, Month};
    let (billed, equivalent) = match account {
        Account::Billed => (1, 0),
        Account::Equivalent => (0, 1),
    };
    for period in [Day, Month, Ever] {
        let held = if period == Ever { entry.reserved.0 } else { 0 };
        if held == 0 && entry.spent == Micros::ZERO {
            continue;
        }
        tx.exec(
            "INSERT INTO breaker (scope, period, spent_billed, spent_equivalent, reserved_billed, reserved_equivalent)
             VALUES (?1, ?2, 0, 0, 0, 0) ON CONFLICT DO NOTHING",
            params![scope.to_string(), entry.on.key(period)],
        )?;
        tx.exec(
            "UPDATE breaker SET spent_billed = spent_billed + ?3, spent_equivalent = spent_equivalent + ?4,
                                reserved_billed = reserved_billed + ?5, reserved_equivalent = reserved_equivalent + ?6
             WHERE scope = ?1 AND period = ?2",
            params![
                scope.to_string(),
                entry.on.key(period),
                entry.spent.0 * billed,
                entry.spent.0 * equivalent,
                held * billed,
                held * equivalent,
            ],
        )?;
    }
    Ok(())
}

fn ledger_row(row: &Row<'_>) -> rusqlite::Result<LedgerRow> {
    Ok(LedgerRow {
        id: row.count("id")?,
        at: row.parsed("at")?,
        day: row.get("day")?,
        month: row.get("month")?,
        workspace: row.parsed("workspace")?,
        task: row.parsed("task")?,
        run: row.parsed("run")?,
        attempt: row.parsed("attempt")?,
        executor: row.get("executor")?,
        model: row.get("model")?,
        kind: row.word("kind")?,
        reserved_delta: row.micros("reserved_delta")?,
        spent_delta: row.micros("spent_delta")?,
        account: row.word("account")?,
        source: row.word_opt("source")?,
        price_as_of: row.get("price_as_of")?,
        note: row.get("note")?,
    })
}

impl Store {
    /// Rows of the ledger, oldest first.
    pub async fn ledger(&self, filter: LedgerFilter) -> Result<Vec<LedgerRow>, StoreError> {
        self.read(move |conn| {
            let given = [
                ("workspace", filter.workspace.map(|id| id.to_string())),
                ("task", filter.task.map(|id| id.to_string())),
                ("run", filter.run.map(|id| id.to_string())),
                ("attempt", filter.attempt.map(|id| id.to_string())),
                ("executor", filter.executor),
                ("day", filter.day),
                ("month", filter.month),
            ];
            let mut sql = "SELECT * FROM ledger WHERE id > ?".to_owned();
            let mut values = vec![SqlValue::from(signed(filter.after))];
            // Only what is asked for is in the statement, so that SQLite takes the index that fits it.
            for (column, value) in given.into_iter().filter_map(|(column, value)| Some((column, value?))) {
                sql.push_str(&format!(" AND {column} = ?"));
                values.push(value.into());
            }
            sql.push_str(" ORDER BY id LIMIT ?");
            values.push(filter.limit.into());
            conn.all(&sql, params_from_iter(values), ledger_row)
        })
        .await
    }
}
