//! The open transaction that a job writes in.

use super::bind::{Redact, cleaned, values};
use super::changes::News;
use super::packed::pack;
use super::row::first;
use super::totals::{Counted, Pending};
use crate::StoreError;
use crate::money::{Account, Calendar, Day, Days, Scope, Sum, Sums};
use jackfield_sql::{Connection, Params, Row};
use jackfield_types::{Micros, RunId, Timestamp};
use std::cell::{Cell, RefCell};
use std::ops::Deref;

/// What a job sees: the open transaction, and the moment it happens at. A job may run again, in another one.
pub(crate) struct Tx<'a> {
    pub(super) conn: &'a Connection,
    /// The same throughout one job.
    pub(crate) now: Timestamp,
    pub(crate) calendar: &'a Calendar,
    /// What every text goes through that is written.
    pub(super) redact: &'a Redact,
    pub(super) batch: &'a RefCell<Batch>,
    /// Set with the first change: from then on a failure costs more than the job's own.
    pub(super) wrote: Cell<bool>,
}

/// What the jobs of one commit leave to be done at its end.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) news: News,
    pub(super) totals: Pending,
    pub(super) sums: Sums,
    pub(super) days: Days,
}

impl Batch {
    /// Writes the sums and totals that the jobs changed.
    pub(super) fn write(&self, conn: &Connection) -> Result<(), StoreError> {
        self.sums.write(conn)?;
        self.days.write(conn)?;
        self.totals.write(conn)
    }
}

impl Tx<'_> {
    /// Adds to a number of records if this job is committed.
    pub(crate) fn count(&self, counted: Counted, more: i64) {
        self.wrote.set(true);
        self.batch.borrow_mut().totals.add(counted, more);
    }

    /// A sum of the breaker as the jobs before this one left it; `None` if there is no row.
    pub(crate) fn sum(&self, scope: &Scope, period: &str) -> Result<Option<Sum>, StoreError> {
        self.batch.borrow_mut().sums.get(self.conn, scope.to_string(), period)
    }

    /// Changes a sum of the breaker if this job is committed.
    pub(crate) fn change_sum(
        &self,
        scope: &Scope,
        period: &str,
        change: impl FnOnce(&mut Sum),
    ) -> Result<(), StoreError> {
        self.batch.borrow_mut().sums.change(self.conn, scope.to_string(), period, change)?;
        self.wrote.set(true);
        Ok(())
    }

    /// Adds the amount of a row of the ledger to what was spent on its day, if this job is committed.
    pub(crate) fn spend(&self, mut day: Day, account: Account, spent: Micros, is_charge: bool) {
        self.wrote.set(true);
        // An agent says what its model is.
        if let Some(clean) = self.redact.clean(&day.model) {
            day.model = clean;
        }
        self.batch.borrow_mut().days.add(day, account, spent, is_charge);
    }

    /// Packs a text without the secrets in it.
    pub(crate) fn packed(&self, text: &str) -> Vec<u8> {
        self.redact.clean(text).map_or_else(|| pack(text), |clean| pack(&clean))
    }

    /// Watchers of the run hear of it, if and when it is committed.
    pub(crate) fn run_changed(&self, run: RunId, seq: u64) {
        self.wrote.set(true);
        self.batch.borrow_mut().news.runs.push((run, seq));
    }

    /// The same for the host's event log.
    pub(crate) fn event_added(&self, seq: u64) {
        self.wrote.set(true);
        self.batch.borrow_mut().news.events.push(seq);
    }

    /// Changes the database by something else than a statement of its own.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&Connection) -> jackfield_sql::Result<T>,
    ) -> Result<T, StoreError> {
        self.wrote.set(true);
        Ok(change(self.conn)?)
    }
}

/// For questions. What is written through the connection itself is not redacted, and would not be undone.
impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.conn
    }
}

/// These stand before the connection's own.
impl Tx<'_> {
    /// How many rows a statement changed.
    pub(crate) fn exec(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        let cleaned = cleaned(&params, self.redact);
        let changed = self.conn.execute(sql, &values(&params, &cleaned));
        self.note(!matches!(changed, Ok(0)));
        Ok(changed?)
    }

    /// The first row, if there is one, of a question or of what a statement changed.
    pub(crate) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> jackfield_sql::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        // What is only looked for is looked for as it is.
        if sql.trim_start().starts_with("SELECT") {
            return first(self.conn, sql, &params.values(), read);
        }
        let cleaned = cleaned(&params, self.redact);
        let found = first(self.conn, sql, &values(&params, &cleaned), read);
        self.note(!matches!(found, Ok(None)));
        found
    }

    /// A statement that failed counts as a change: some databases can then only undo the transaction.
    fn note(&self, wrote: bool) {
        self.wrote.set(self.wrote.get() || wrote);
    }
}
