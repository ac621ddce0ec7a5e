//! The sums of the breaker within one commit: each row is read once, changed in memory and written once, last.

use super::BreakerState;
use crate::StoreError;
use crate::file::{Columns, Sql};
use jackfield_sql::{Connection, params};
use jackfield_types::Micros;
use std::collections::BTreeMap;

/// One row of the breaker: how much a scope has spent in a period, and how its limits stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) spent_billed: Micros,
    pub(crate) spent_equivalent: Micros,
    pub(crate) reserved_billed: Micros,
    pub(crate) reserved_equivalent: Micros,
    /// What an operator allowed on top of the limits.
    pub(crate) allowance: Micros,
    /// The least amount that was refused and would still not fit.
    pub(crate) refused: Option<Micros>,
    /// The state that the event log has.
    pub(crate) state: BreakerState,
}

/// A scope and a period, as they are stored.
type Key = (String, String);

#[derive(Debug)]
struct Row {
    /// `None`: the database has none.
    sum: Option<Sum>,
    changed: bool,
}

/// The rows that the jobs of one commit have read, as they are now.
#[derive(Debug, Default)]
pub(crate) struct Sums(BTreeMap<Key, Row>);

impl Sums {
    /// The sum of a scope in a period; `None` without a row.
    pub(crate) fn get(
        &mut self,
        conn: &Connection,
        scope: String,
        period: &str,
    ) -> Result<Option<Sum>, StoreError> {
        Ok(self.row(conn, (scope, period.to_owned()))?.sum.clone())
    }

    /// Changes a sum, which is zero if there is no row.
    pub(crate) fn change(
        &mut self,
        conn: &Connection,
        scope: String,
        period: &str,
        change: impl FnOnce(&mut Sum),
    ) -> Result<(), StoreError> {
        let key = (scope, period.to_owned());
        let mut sum = self.row(conn, key.clone())?.sum.clone().unwrap_or_default();
        change(&mut sum);
        // The database would refuse it only at the commit, with everything else that is in it.
        if sum.reserved_billed < Micros::ZERO || sum.reserved_equivalent < Micros::ZERO {
            return Err(StoreError::Damaged(format!(
                "more was released than reserved for {} {}",
                key.0, key.1
            )));
        }
        self.0.insert(key, Row { sum: Some(sum), changed: true });
        Ok(())
    }

    /// Writes the changed rows, in the order of their keys.
    pub(crate) fn write(&self, conn: &Connection) -> Result<(), StoreError> {
        for ((scope, period), row) in &self.0 {
            let Some(sum) = row.sum.as_ref().filter(|_| row.changed) else { continue };
            conn.exec(
                "INSERT INTO breaker (scope, period, spent_billed, spent_equivalent, reserved_billed,
                                      reserved_equivalent, allowance, refused, state)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (scope, period) DO UPDATE SET
                     spent_billed = excluded.spent_billed, spent_equivalent = excluded.spent_equivalent,
                     reserved_billed = excluded.reserved_billed,
                     reserved_equivalent = excluded.reserved_equivalent,
                     allowance = excluded.allowance, refused = excluded.refused, state = excluded.state",
                params![
                    scope,
                    period,
                    sum.spent_billed.0,
                    sum.spent_equivalent.0,
                    sum.reserved_billed.0,
                    sum.reserved_equivalent.0,
                    sum.allowance.0,
                    sum.refused.map(|least| least.0),
                    sum.state.as_str(),
                ],
            )?;
        }
        Ok(())
    }

    fn row(&mut self, conn: &Connection, key: Key) -> Result<&Row, StoreError> {
        use std::collections::btree_map::Entry;
        Ok(match self.0.entry(key) {
            Entry::Occupied(row) => row.into_mut(),
            Entry::Vacant(place) => {
                let sum = read(conn, &place.key().0, &place.key().1)?;
                place.insert(Row { sum, changed: false })
            }
        })
    }
}

/// A sum as the database has it; `None` without a row.
pub(crate) fn read(conn: &Connection, scope: &str, period: &str) -> Result<Option<Sum>, StoreError> {
    conn.one(
        "SELECT spent_billed, spent_equivalent, reserved_billed, reserved_equivalent, allowance, refused, state
         FROM breaker WHERE scope = ?1 AND period = ?2",
        params![scope, period],
        |row| {
            let refused: Option<i64> = row.get("refused")?;
            Ok(Sum {
                spent_billed: row.micros("spent_billed")?,
                spent_equivalent: row.micros("spent_equivalent")?,
                reserved_billed: row.micros("reserved_billed")?,
                reserved_equivalent: row.micros("reserved_equivalent")?,
                allowance: row.micros("allowance")?,
                refused: refused.map(Micros),
                state: row.word("state")?,
            })
        },
    )
}
