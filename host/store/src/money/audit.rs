//! The proof that the breaker's sums are what the ledger says.

use crate::file::{Sql, count};
use crate::{Store, StoreError};
use rusqlite::{Connection, Row};
use serde::Serialize;

/// What an audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// Rows of the ledger that were added up.
    pub rows: u64,
    /// Sums that were compared.
    pub sums: u64,
    /// Every difference, in words; empty: there is none.
    pub differences: Vec<String>,
}

/// Every sum twice: added up from the ledger (and, for allowances, from the event log), and as the
/// breaker has it. Whatever is only on one side shows as zero on the other.
const SUMS: &str = "
    WITH scoped AS (
        SELECT 'all' AS scope, * FROM ledger
        UNION ALL SELECT 'workspace:' || workspace, * FROM ledger
        UNION ALL SELECT 'executor:' || executor, * FROM ledger
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
        FROM events WHERE kind GLOB 'breaker_*' AND kind IN ('breaker_raised', 'breaker_reset')
        UNION ALL
        SELECT scope, period, 0, 0, 0, 0, 0,
               spent_billed, spent_equivalent, reserved_billed, reserved_equivalent, allowance
        FROM breaker
    )
    SELECT scope || ' ' || period AS sum,
           SUM(l1), SUM(l2), SUM(l3), SUM(l4), SUM(l5), SUM(b1), SUM(b2), SUM(b3), SUM(b4), SUM(b5)
    FROM sides GROUP BY scope, period";

/// The same for what each attempt spent and holds.
const ATTEMPTS: &str = "
    SELECT 'attempt:' || attempts.id AS sum,
           COALESCE(SUM(spent_delta), 0), COALESCE(SUM(reserved_delta), 0), 0, 0, 0, cost, reserved, 0, 0, 0
    FROM attempts LEFT JOIN ledger ON ledger.attempt = attempts.id GROUP BY attempts.id";

impl Store {
    /// Adds the whole ledger up and compares every sum of the breaker and of every attempt with it.
    pub async fn audit(&self) -> Result<AuditReport, StoreError> {
        self.read(|conn| {
            let rows = conn.one("SELECT COUNT(*) FROM ledger", [], |row| row.get(0))?;
            let mut report = AuditReport { rows: count(rows.unwrap_or(0)), ..AuditReport::default() };
            compare(conn, SUMS, &mut report)?;
            compare(conn, ATTEMPTS, &mut report)?;
            Ok(report)
        })
        .await
    }
}

fn compare(conn: &Connection, sql: &str, report: &mut AuditReport) -> Result<(), StoreError> {
    for (sum, ledger, kept) in conn.all(sql, [], sides)? {
        report.sums += 1;
        if ledger != kept {
            report.differences.push(format!("{sum}: the ledger adds up to {ledger:?}, kept is {kept:?}"));
        }
    }
    Ok(())
}

/// The name of a sum, and its amounts: spent and held, by account, and what was allowed on top.
fn sides(row: &Row<'_>) -> rusqlite::Result<(String, [i64; 5], [i64; 5])> {
    let five = |from: usize| -> rusqlite::Result<[i64; 5]> {
        let mut amounts = [0; 5];
        for (at, amount) in amounts.iter_mut().enumerate() {
            *amount = row.get(from + at)?;
        }
        Ok(amounts)
    };
    Ok((row.get("sum")?, five(1)?, five(6)?))
}
