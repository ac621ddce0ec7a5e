//! The ledger: every amount reserved, charged and released. Rows are only ever added.

use super::{Account, Day, Scope, Spender, Today};
use crate::StoreError;
use crate::file::{Columns, Exact, Sql, Tx, room, signed, stamp, word};
use crate::handles::Ledger;
use jackfield_sql::Value as SqlValue;
use jackfield_sql::{Row, params, params_from_iter};
use jackfield_types::{AttemptId, CostSource, Micros, RunId, TaskId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};

/// The kind of a ledger row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LedgerKind {
    /// Reserved at admission.
    Reserve,
    /// Reserved in addition because the work cost more.
    Extend,
    /// Spent, and no longer reserved.
    Charge,
    /// A charge that was too high, on the day of the charge; or an operator's correction, with the reason as the note.
    Correct,
    /// Reserved and not needed.
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
    /// The principal of the work; `None` on rows of older versions.
    pub principal: Option<String>,
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
    /// Rows after this id.
    pub after: u64,
    /// At most this many rows.
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

/// One change of the reserved and spent amounts.
pub(crate) struct Entry<'a> {
    pub(crate) kind: LedgerKind,
    pub(crate) reserved: Micros,
    pub(crate) spent: Micros,
    /// The day of the change.
    pub(crate) on: &'a Today,
    pub(crate) source: Option<CostSource>,
    pub(crate) price_as_of: Option<&'a str>,
    pub(crate) note: Option<&'a str>,
}

/// The account that an attempt is charged to.
pub(crate) struct AttemptAccount {
    pub(crate) spender: Spender,
    pub(crate) model: Option<String>,
    pub(crate) account: Account,
}

/// Adds a row to the ledger, and its amounts to every sum of the breaker and of the attempt. Nothing else changes a
/// sum.
///
/// An amount above the bound of one attempt is refused; an operator's correction may undo one that an older version
/// recorded. Sums saturate.
pub(crate) fn post(
    tx: &Tx<'_>,
    attempt_account: &AttemptAccount,
    entry: &Entry<'_>,
) -> Result<(), StoreError> {
    let fits = |amount: Micros| amount <= Micros::MOST;
    if !fits(entry.reserved) || !fits(entry.spent) {
        let what = format!("{} or {} is more than {}", entry.reserved, entry.spent, Micros::MOST);
        return Err(StoreError::Misuse(format!("failed to record an amount of money: {what} at once")));
    }
    let Spender { workspace, executor, principal, task, run, attempt } = &attempt_account.spender;
    tx.exec(
        "INSERT INTO ledger (at, day, month, workspace, task, run, attempt, executor, model, kind,
                             reserved_delta, spent_delta, account, source, price_as_of, note, principal)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        params![
            stamp(tx.now),
            entry.on.day,
            entry.on.month,
            workspace.to_string(),
            task.to_string(),
            run.to_string(),
            attempt.to_string(),
            Exact(executor),
            attempt_account.model,
            word(entry.kind),
            entry.reserved.0,
            entry.spent.0,
            word(attempt_account.account),
            entry.source.map(CostSource::as_str),
            entry.price_as_of,
            entry.note,
            Some(principal).filter(|principal| !principal.is_empty()),
        ],
    )?;
    tx.exec(
        "UPDATE attempts SET reserved = MIN(reserved, ?4) + ?2, cost = MIN(cost, ?5) + ?3 WHERE id = ?1",
        params![
            attempt.to_string(),
            entry.reserved.0,
            entry.spent.0,
            room(entry.reserved),
            room(entry.spent)
        ],
    )?;
    let day = Day {
        day: entry.on.day.clone(),
        workspace: *workspace,
        executor: executor.clone(),
        model: attempt_account.model.clone().unwrap_or_default(),
    };
    tx.spend(day, attempt_account.account, entry.spent, entry.kind == LedgerKind::Charge);
    scopes(&attempt_account.spender)
        .iter()
        .try_for_each(|scope| add(tx, scope, attempt_account.account, entry))
}

/// The scopes that count a spender's money. An attempt from before principals were on the ledger has no token scope.
pub(super) fn scopes(spender: &Spender) -> Vec<Scope> {
    let token = (!spender.principal.is_empty()).then(|| Scope::Token(spender.principal.clone()));
    let all = [
        Scope::All,
        Scope::Workspace(spender.workspace),
        Scope::Executor(spender.executor.clone()),
        Scope::Task(spender.task),
        Scope::Run(spender.run),
    ];
    all.into_iter().chain(token).collect()
}

fn add(tx: &Tx<'_>, scope: &Scope, account: Account, entry: &Entry<'_>) -> Result<(), StoreError> {
    use super::Period::{Day, Ever, Month};
    for period in [Day, Month, Ever] {
        let held = if period == Ever { entry.reserved } else { Micros::ZERO };
        if held == Micros::ZERO && entry.spent == Micros::ZERO {
            continue;
        }
        let key = entry.on.key(period);
        tx.change_sum(scope, &key, |sum| {
            let (spent, reserved) = match account {
                Account::Billed => (&mut sum.spent_billed, &mut sum.reserved_billed),
                Account::Equivalent => (&mut sum.spent_equivalent, &mut sum.reserved_equivalent),
            };
            *spent += entry.spent;
            *reserved += held;
        })?;
    }
    Ok(())
}

fn ledger_row(row: &Row<'_>) -> jackfield_sql::Result<LedgerRow> {
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
        principal: row.get("principal")?,
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

impl Ledger<'_> {
    /// Returns rows of the ledger, oldest first.
    pub async fn list(self, filter: LedgerFilter) -> Result<Vec<LedgerRow>, StoreError> {
        self.0
            .read(move |conn| {
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
                // Only the given filters are in the statement, so that SQLite uses a fitting index.
                for (column, value) in given.into_iter().filter_map(|(column, value)| Some((column, value?)))
                {
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
