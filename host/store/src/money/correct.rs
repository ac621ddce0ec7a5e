//! Cost corrections by an operator: rows of the ledger with the reason.
//!
//! A correction repairs figures that a program made up, including those recorded before figures had bounds. It adds
//! the affected sums up from the ledger again, because some of them may not have fit a column.

use super::breaker::{Gauge, log, tell};
use super::ledger::scopes;
use super::{Corrected, Correction, Limits, Period, Scope, Today};
use crate::file::{Columns, Exact, Sql, Tx, room, summed};
use crate::handles::Ledger;
use crate::life::attempt_account::Money;
use crate::view::runs;
use crate::{RecordKind, Spender, StoreError};
use jackfield_model::{BreakerCorrected, HostEvent};
use jackfield_sql::Value as SqlValue;
use jackfield_sql::{Connection, params, params_from_iter};
use jackfield_types::{AttemptId, Micros};

impl Ledger<'_> {
    /// Corrects the cost of an ended run. A surplus is taken from its last attempts first, on the days of their
    /// charges, so that no day falls below zero; a shortfall is charged to its last attempt, today.
    ///
    /// # Errors
    /// [`StoreError::Misuse`] if the cost is negative or above [`Micros::MOST`], or the run has no attempts;
    /// [`StoreError::Illegal`] if it has not ended.
    pub async fn correct(self, correction: Correction, limits: &Limits) -> Result<Corrected, StoreError> {
        let limits = limits.clone();
        self.0.write(move |tx| corrected(tx, &correction, &limits)).await
    }
}

fn corrected(tx: &Tx<'_>, correction: &Correction, limits: &Limits) -> Result<Corrected, StoreError> {
    let Correction { run, cost, principal, reason } = correction;
    if *cost != cost.bounded() {
        let why =
            format!("failed to correct run {run}: {cost} is not an amount from $0.00 to {}", Micros::MOST);
        return Err(StoreError::Misuse(why));
    }
    let found = runs::run_of(tx, *run)?;
    if !found.state.is_final() {
        return Err(StoreError::Illegal {
            what: RecordKind::Run,
            id: run.to_string(),
            from: found.state.to_string(),
            to: "corrected before it has ended".to_owned(),
        });
    }
    let attempts =
        tx.all("SELECT id FROM attempts WHERE run = ?1 ORDER BY number", [run.to_string()], |row| {
            row.parsed::<AttemptId>("id")
        })?;
    let Some(last) = attempts.last().copied() else {
        return Err(StoreError::Misuse(format!("failed to correct run {run}: it has no attempt")));
    };
    let note = format!("{reason} ({principal})");
    let (mut was, mut left) = (Micros::ZERO, *cost);
    for attempt in attempts {
        let mut money = Money::of(tx, attempt)?;
        let (before, keep) = (money.spent, money.spent.min(left));
        was += before;
        left -= keep;
        let mut days = money.give_back(tx, keep, None, Some(&note))?;
        if attempt == last && left > Micros::ZERO {
            money.add_charge(tx, keep + left, &note)?;
            days.push(tx.calendar.today(tx.now));
        }
        if days.is_empty() {
            continue;
        }
        count_in(tx, &money, before)?;
        add_up(tx, &money.attempt_account.spender, &days, correction)?;
        tell(tx, limits, &money.attempt_account.spender)?;
    }
    let event = HostEvent::BreakerCorrected(BreakerCorrected::Cost {
        run: *run,
        was,
        cost: *cost,
        principal: principal.clone(),
        reason: reason.clone(),
    });
    log(tx, &Scope::Run(*run), &event)?;
    let gauge = Gauge::of(tx, limits);
    let own = limits.limits.iter().filter_map(|limit| Some((limit, limit.own_scope()?)));
    let limits = own.map(|(limit, scope)| gauge.status(limit, scope)).collect::<Result<_, _>>()?;
    Ok(Corrected { run: *run, was, cost: *cost, limits })
}

/// Corrects the statistics by which choosers estimate the cost of the model.
fn count_in(tx: &Tx<'_>, money: &Money, before: Micros) -> Result<(), StoreError> {
    let task = runs::task_of(tx, money.attempt_account.spender.task)?;
    let more = money.spent.bounded() - before.bounded();
    tx.exec(
        "UPDATE model_stats SET cost = MAX(MIN(cost, ?6) + ?5, 0), judged_cost = MAX(MIN(judged_cost, ?6) + ?5, 0)
         WHERE executor = ?1 AND model = ?2 AND task_type = ?3 AND language = ?4",
        params![
            money.attempt_account.spender.executor,
            money.attempt_account.model.as_deref().unwrap_or(""),
            task.task_type,
            task.language.as_deref().unwrap_or(""),
            more.0,
            room(more),
        ],
    )
    .map(drop)
}

/// Recomputes every sum of this spender on these days from the ledger.
fn add_up(tx: &Tx<'_>, spender: &Spender, days: &[Today], correction: &Correction) -> Result<(), StoreError> {
    for scope in scopes(spender) {
        for day in days {
            for period in [Period::Day, Period::Month, Period::Ever] {
                let spent = spent_in(tx, &scope, day, period)?;
                let key = day.key(period);
                tx.change_sum(&scope, &key, |sum| (sum.spent_billed, sum.spent_equivalent) = spent)?;
                trim(tx, &scope, &key, spent.0 + spent.1, correction)?;
            }
        }
    }
    Ok(())
}

/// The amounts that the ledger has as spent, by account: billed and equivalent.
fn spent_in(tx: &Tx<'_>, scope: &Scope, day: &Today, period: Period) -> Result<(Micros, Micros), StoreError> {
    let of = match scope {
        Scope::All => None,
        Scope::Workspace(id) => Some(("workspace", id.to_string())),
        Scope::Executor(name) => Some(("executor", name.clone())),
        Scope::Token(name) => Some(("principal", name.clone())),
        Scope::Task(id) => Some(("task", id.to_string())),
        Scope::Run(id) => Some(("run", id.to_string())),
    };
    let within = match period {
        Period::Day => Some(("day", day.day.clone())),
        Period::Month => Some(("month", day.month.clone())),
        Period::Ever => None,
    };
    let mut sql = format!(
        "SELECT {}, {} FROM ledger WHERE TRUE",
        summed("iif(account = 'billed', spent_delta, 0)", "billed"),
        summed("iif(account = 'equivalent', spent_delta, 0)", "equivalent")
    );
    let mut values: Vec<SqlValue> = Vec::new();
    for (column, value) in of.into_iter().chain(within) {
        sql.push_str(&format!(" AND {column} = ?"));
        values.push(value.into());
    }
    let conn: &Connection = tx;
    let sums =
        conn.one(&sql, params_from_iter(values), |row| Ok((row.sum("billed")?, row.sum("equivalent")?)))?;
    Ok(sums.unwrap_or_default())
}

/// Reduces the allowance of a reset to what was spent after all: otherwise the limit would be that much higher until
/// its period ends.
fn trim(
    tx: &Tx<'_>,
    scope: &Scope,
    period: &str,
    spent: Micros,
    correction: &Correction,
) -> Result<(), StoreError> {
    let allowance = tx.sum(scope, period)?.map(|sum| sum.allowance);
    let Some(allowance) = allowance.filter(|allowance| *allowance > Micros::ZERO) else { return Ok(()) };
    let amount = "CAST(ROUND((payload ->> 'allowance') * 1000000) AS INTEGER)";
    let sql = format!(
        "SELECT {}, {} FROM events
         WHERE kind GLOB 'breaker_*' AND kind IN ('breaker_raised', 'breaker_reset', 'breaker_corrected')
               AND subject = ?1 AND payload ->> 'period' = ?2",
        summed(&format!("iif(kind = 'breaker_raised', {amount}, 0)"), "raised"),
        summed(amount, "logged"),
    );
    let sums = tx.one(&sql, params![Exact(scope.to_string()), period], |row| {
        Ok((row.sum("raised")?, row.sum("logged")?))
    })?;
    let (raised, logged) = sums.unwrap_or_default();
    let forgiven = (allowance - raised).max(Micros::ZERO);
    if forgiven <= spent {
        return Ok(());
    }
    let kept = allowance - forgiven + spent.max(Micros::ZERO);
    tx.change_sum(scope, period, |sum| sum.allowance = kept)?;
    let event = HostEvent::BreakerCorrected(BreakerCorrected::Allowance {
        period: period.to_owned(),
        allowance: kept - logged,
        run: correction.run,
        principal: correction.principal.clone(),
        reason: correction.reason.clone(),
    });
    log(tx, scope, &event).map(drop)
}
