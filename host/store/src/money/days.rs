//! What was spent on each day, by workspace, executor and model: added up for all jobs of a commit, written last.

use crate::StoreError;
use crate::file::{Sql, room};
use jackfield_model::Account;
use jackfield_sql::{Connection, params};
use jackfield_types::{Micros, WorkspaceId};
use std::collections::BTreeMap;

/// The key of a row.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day {
    pub(crate) day: String,
    pub(crate) workspace: WorkspaceId,
    pub(crate) executor: String,
    pub(crate) model: String,
}

#[derive(Debug, Default)]
struct More {
    billed: Micros,
    equivalent: Micros,
    charges: i64,
}

/// Changes of the rows that are not written yet.
#[derive(Debug, Default)]
pub(crate) struct Days(BTreeMap<Day, More>);

impl Days {
    /// Adds an amount, and a charge if it is one.
    pub(crate) fn add(&mut self, day: Day, account: Account, spent: Micros, is_charge: bool) {
        let charges = i64::from(is_charge);
        if spent == Micros::ZERO && charges == 0 {
            return;
        }
        let more = self.0.entry(day).or_default();
        more.charges += charges;
        match account {
            Account::Billed => more.billed += spent,
            Account::Equivalent => more.equivalent += spent,
        }
    }

    /// Writes the changes, in the order of their keys.
    pub(crate) fn write(&self, conn: &Connection) -> Result<(), StoreError> {
        for (key, more) in &self.0 {
            conn.exec(
                "INSERT INTO spending_days (day, workspace, executor, model, billed, equivalent, charges)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (day, workspace, executor, model) DO UPDATE SET
                     billed = MIN(spending_days.billed, ?8) + excluded.billed,
                     equivalent = MIN(spending_days.equivalent, ?9) + excluded.equivalent,
                     charges = spending_days.charges + excluded.charges",
                params![
                    key.day,
                    key.workspace.to_string(),
                    key.executor,
                    key.model,
                    more.billed.0,
                    more.equivalent.0,
                    more.charges,
                    room(more.billed),
                    room(more.equivalent),
                ],
            )?;
        }
        Ok(())
    }
}
