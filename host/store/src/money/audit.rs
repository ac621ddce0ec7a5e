//! The audit: proves the sums of the breaker from the ledger.

use crate::StoreError;
use crate::file::{Columns, Counted, Sql, count, summed, total};
use crate::handles::Ledger;
use jackfield_sql::{Connection, Row};
use serde::Serialize;

/// The result of an audit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// Rows of the ledger that were added up.
    pub rows: u64,
    /// Sums that were compared.
    pub sums: u64,
    /// Every difference, as text; empty if there is none.
    pub differences: Vec<String>,
}

/// Every sum twice: from the ledger (for allowances, from the event log) and from the breaker. A sum that one side
/// lacks is zero there.
const SIDES: &str = "
    WITH scoped AS (
        SELECT 'all' AS scope, * FROM ledger
        UNION ALL SELECT 'workspace:' || workspace, * FROM ledger
        UNION ALL SELECT 'executor:' || executor, * FROM ledger
        UNION ALL SELECT 'token:' || principal, * FROM ledger WHERE principal IS NOT NULL
        UNION ALL SELECT 'task:' || task, * FROM ledger
        UNION ALL SELECT 'run:' || run, * FROM ledger
    ),
    dated AS (
        SELECT scope, 'day:' || day AS period, account, spent_delta AS spent, 0 AS held FROM scoped
        UNION ALL SELECT scope, 'month:' || month, account, spent_delta, 0 FROM scoped
        UNION ALL SELECT scope, 'ever', account, spent_delta, reserved_delta FROM scoped
    ),
    sides AS (
        SELECT scope, period,
               iif(account = 'billed', spent, 0) AS l1, iif(account = 'equivalent', spent, 0) AS l2,
               iif(account = 'billed', held, 0) AS l3, iif(account = 'equivalent', held, 0) AS l4,
               0 AS l5, 0 AS b1, 0 AS b2, 0 AS b3, 0 AS b4, 0 AS b5
        FROM dated
        UNION ALL
        SELECT subject, payload ->> 'period', 0, 0, 0, 0, CAST(ROUND((payload ->> 'allowance') * 1000000) AS INTEGER), 0, 0, 0, 0, 0
        FROM events WHERE kind GLOB 'breaker_*' AND kind IN ('breaker_raised', 'breaker_reset', 'breaker_corrected')
            AND payload ->> 'allowance' IS NOT NULL
        UNION ALL
        SELECT scope, period, 0, 0, 0, 0, 0,
               spent_billed, spent_equivalent, reserved_billed, reserved_equivalent, allowance
        FROM breaker
    )";

/// The columns of [`SIDES`].
const AMOUNTS: [&str; 10] = ["l1", "l2", "l3", "l4", "l5", "b1", "b2", "b3", "b4", "b5"];

/// The same for the spent and reserved amounts of attempts.
const ATTEMPTS: [&str; 4] = ["spent_delta", "reserved_delta", "cost", "reserved"];

fn sums() -> String {
    let summed: Vec<_> = AMOUNTS.iter().map(|amount| summed(amount, amount)).collect();
    format!(
        "{SIDES} SELECT scope || ' ' || period AS sum, {} FROM sides GROUP BY scope, period",
        summed.join(", ")
    )
}

fn attempts() -> String {
    let [spent, held, cost, reserved] = ATTEMPTS;
    format!(
        "SELECT 'attempt:' || attempts.id AS sum, {}, {}, MAX({cost}) AS {cost}, MAX({reserved}) AS {reserved}
         FROM attempts LEFT JOIN ledger ON ledger.attempt = attempts.id GROUP BY attempts.id",
        summed(spent, spent),
        summed(held, held)
    )
}

/// The same for what was spent on each day.
const DAYS: &str = "
    WITH sides AS (
        SELECT day, workspace, executor, COALESCE(model, '') AS model,
               iif(account = 'billed', spent_delta, 0) AS l1, iif(account = 'equivalent', spent_delta, 0) AS l2,
               iif(kind = 'charge', 1, 0) AS l3, 0 AS b1, 0 AS b2, 0 AS b3
        FROM ledger
        UNION ALL
        SELECT day, workspace, executor, model, 0, 0, 0, billed, equivalent, charges FROM spending_days
    )";

/// The columns of [`DAYS`].
const AMOUNTS_OF_DAY: [&str; 6] = ["l1", "l2", "l3", "b1", "b2", "b3"];

fn days() -> String {
    let summed: Vec<_> = AMOUNTS_OF_DAY.iter().map(|amount| summed(amount, amount)).collect();
    format!(
        "{DAYS} SELECT day || ' ' || workspace || ' ' || executor || ' ' || model AS sum, {}
         FROM sides GROUP BY day, workspace, executor, model",
        summed.join(", ")
    )
}

impl Ledger<'_> {
    /// Adds up the whole ledger and compares every sum of the breaker and of every attempt with it; counts the records
    /// and compares the totals with them.
    pub async fn audit(self) -> Result<AuditReport, StoreError> {
        self.0
            .read(|conn| {
                let rows = conn.one("SELECT COUNT(*) FROM ledger", [], |row| row.get(0))?;
                let mut report = AuditReport { rows: count(rows.unwrap_or(0)), ..AuditReport::default() };
                compare(conn, &sums(), sides, &mut report)?;
                compare(conn, &attempts(), sides_of_attempt, &mut report)?;
                compare(conn, &days(), |row| amounts(row, &AMOUNTS_OF_DAY), &mut report)?;
                for counted in Counted::all() {
                    report.sums += 1;
                    let (kept, found) = (total(conn, counted)?, counted.recount(conn)?);
                    if kept != found {
                        report
                            .differences
                            .push(format!("{}: {found} are on record, kept is {kept}", counted.name()));
                    }
                }
                Ok(report)
            })
            .await
    }
}

/// The name of a sum, and its amounts on both sides.
type Sides = (String, Vec<i64>, Vec<i64>);

fn compare(
    conn: &Connection,
    sql: &str,
    sides: fn(&Row<'_>) -> jackfield_sql::Result<Sides>,
    report: &mut AuditReport,
) -> Result<(), StoreError> {
    for (sum, ledger, kept) in conn.all(sql, [], sides)? {
        report.sums += 1;
        if ledger != kept {
            report.differences.push(format!("{sum}: the ledger adds up to {ledger:?}, kept is {kept:?}"));
        }
    }
    Ok(())
}

/// Spent and reserved, by account, and the allowance.
fn sides(row: &Row<'_>) -> jackfield_sql::Result<Sides> {
    amounts(row, &AMOUNTS)
}

/// The amounts in these columns, of the ledger in the first half and those that are kept in the second.
fn amounts(row: &Row<'_>, columns: &[&str]) -> jackfield_sql::Result<Sides> {
    let all = columns.iter().map(|amount| row.sum(amount).map(|sum| sum.0));
    let mut ledger = all.collect::<jackfield_sql::Result<Vec<_>>>()?;
    let kept = ledger.split_off(columns.len() / 2);
    Ok((row.get("sum")?, ledger, kept))
}

/// Spent and reserved.
fn sides_of_attempt(row: &Row<'_>) -> jackfield_sql::Result<Sides> {
    let [spent, held, cost, reserved] = ATTEMPTS;
    let ledger = vec![row.sum(spent)?.0, row.sum(held)?.0];
    Ok((row.get("sum")?, ledger, vec![row.micros(cost)?.0, row.micros(reserved)?.0]))
}
