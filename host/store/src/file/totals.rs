//! Numbers of records, kept in rows of their own so that no reader counts a table.
//!
//! Jobs say what they add; the writer adds it up for all jobs of a commit and writes each number once, last.

use super::row::{Sql, count};
use crate::StoreError;
use jackfield_sql::{Connection, params};
use jackfield_types::RunState;
use std::collections::BTreeMap;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    Workspaces,
    Tasks,
    Runs(RunState),
    Attempts,
    /// Attempts that are not settled.
    AttemptsInFlight,
}

impl Counted {
    /// Everything that is counted.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let rest = [Self::Workspaces, Self::Tasks, Self::Attempts, Self::AttemptsInFlight];
        rest.into_iter().chain(RunState::ALL.iter().copied().map(Self::Runs))
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Workspaces => "workspaces",
            Self::Tasks => "tasks",
            Self::Runs(RunState::Queued) => "runs_queued",
            Self::Runs(RunState::Running) => "runs_running",
            Self::Runs(RunState::Waiting) => "runs_waiting",
            Self::Runs(RunState::Succeeded) => "runs_succeeded",
            Self::Runs(RunState::Failed) => "runs_failed",
            Self::Runs(RunState::Cancelled) => "runs_cancelled",
            Self::Attempts => "attempts",
            Self::AttemptsInFlight => "attempts_in_flight",
        }
    }

    /// The number of records in their own table. Reads all of them.
    pub(crate) fn recount(self, conn: &Connection) -> Result<u64, StoreError> {
        let found = match self {
            Self::Workspaces => number(conn, "SELECT COUNT(*) FROM workspaces")?,
            Self::Tasks => number(conn, "SELECT COUNT(*) FROM tasks")?,
            Self::Attempts => number(conn, "SELECT COUNT(*) FROM attempts")?,
            Self::AttemptsInFlight => number(conn, "SELECT COUNT(*) FROM attempts WHERE state <> 'settled'")?,
            Self::Runs(state) => conn
                .one("SELECT COUNT(*) FROM runs WHERE state = ?1", [state.as_str()], |row| row.get(0))?
                .unwrap_or(0),
        };
        Ok(count(found))
    }
}

fn number(conn: &Connection, sql: &str) -> Result<i64, StoreError> {
    Ok(conn.one(sql, [], |row| row.get(0))?.unwrap_or(0))
}

/// The number of records as it is kept.
pub(crate) fn total(conn: &Connection, counted: Counted) -> Result<u64, StoreError> {
    let found = conn.one("SELECT value FROM totals WHERE name = ?1", [counted.name()], |row| row.get(0))?;
    Ok(count(found.unwrap_or(0)))
}

/// Changes of totals that are not written yet, by name.
#[derive(Debug, Default)]
pub(super) struct Pending(BTreeMap<&'static str, i64>);

impl Pending {
    pub(super) fn add(&mut self, counted: Counted, more: i64) {
        *self.0.entry(counted.name()).or_default() += more;
    }

    /// Writes the sums of the changes, in the order of names.
    pub(super) fn write(&self, conn: &Connection) -> Result<(), StoreError> {
        for (name, more) in self.0.iter().filter(|(_, more)| **more != 0) {
            conn.exec(
                "INSERT INTO totals (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = totals.value + excluded.value",
                params![name, more],
            )?;
        }
        Ok(())
    }
}
