//! The open transaction that a job writes in.

use super::bind::{Redact, cleaned, values};
use super::changes::News;
use super::packed::pack;
use super::row::first;
use super::totals::{Counted, Pending};
use crate::StoreError;
use crate::money::{Calendar, Scope, Sum, Sums};
use jackfield_sql::{Connection, Params, Row};
use jackfield_types::{RunId, Timestamp};
use std::cell::RefCell;
use std::ops::Deref;

/// What a job sees: the open transaction, and the moment it happens at.
pub(crate) struct Tx<'a> {
    pub(super) conn: &'a Connection,
    /// The same throughout one job.
    pub(crate) now: Timestamp,
    pub(crate) calendar: &'a Calendar,
    /// What every text goes through that is written.
    pub(super) redact: &'a Redact,
    pub(super) batch: &'a RefCell<Batch>,
}

/// What the jobs of one commit leave to be done at its end.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) news: News,
    pub(super) totals: Pending,
    pub(super) sums: Sums,
}

/// A position in a batch.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    news: (usize, usize),
    totals: usize,
    sums: usize,
}

impl Batch {
    /// A position to return to when a job is undone.
    pub(super) fn mark(&self) -> Mark {
        Mark { news: self.news.mark(), totals: self.totals.mark(), sums: self.sums.mark() }
    }

    pub(super) fn back_to(&mut self, mark: Mark) {
        self.news.back_to(mark.news);
        self.totals.back_to(mark.totals);
        self.sums.back_to(mark.sums);
    }

    /// Writes the sums and totals that the jobs changed.
    pub(super) fn write(&self, conn: &Connection) -> Result<(), StoreError> {
        self.sums.write(conn)?;
        self.totals.write(conn)
    }
}

impl Tx<'_> {
    /// Adds to a number of records if this job is committed.
    pub(crate) fn count(&self, counted: Counted, more: i64) {
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
        self.batch.borrow_mut().sums.change(self.conn, scope.to_string(), period, change)
    }

    /// Packs a text without the secrets in it.
    pub(crate) fn packed(&self, text: &str) -> Vec<u8> {
        self.redact.clean(text).map_or_else(|| pack(text), |clean| pack(&clean))
    }

    /// Watchers of the run hear of it, if and when it is committed.
    pub(crate) fn run_changed(&self, run: RunId, seq: u64) {
        self.batch.borrow_mut().news.runs.push((run, seq));
    }

    /// The same for the host's event log.
    pub(crate) fn event_added(&self, seq: u64) {
        self.batch.borrow_mut().news.events.push(seq);
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.conn
    }
}

/// These stand before the connection's own, which redact nothing.
impl Tx<'_> {
    /// How many rows a statement changed.
    pub(crate) fn exec(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        let cleaned = cleaned(&params, self.redact);
        Ok(self.conn.execute(sql, &values(&params, &cleaned))?)
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
        first(self.conn, sql, &values(&params, &cleaned), read)
    }
}
