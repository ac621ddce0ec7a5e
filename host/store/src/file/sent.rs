//! Which groups of writes were committed, for databases that can lose the answer of a commit.
//!
//! Each group writes its own number. Where the answer is lost, the number that is in the store says whether the group is,
//! so that it is neither repeated nor reported as failed.

use jackfield_sql::{Connection, Result, ValueRef};
use jackfield_types::WorkerId;
use std::cell::Cell;
use std::ops::ControlFlow;

/// The groups of one writer.
pub(super) struct SentGroups {
    /// The row of this writer.
    name: String,
    /// The number of the last group.
    last: Cell<i64>,
}

impl Default for SentGroups {
    fn default() -> Self {
        // Any id that no other writer has.
        Self { name: format!("commits_{}", WorkerId::new()), last: Cell::new(0) }
    }
}

impl SentGroups {
    /// Numbers the group in its own transaction.
    pub(super) fn mark(&self, conn: &Connection) -> Result<()> {
        self.last.set(self.last.get() + 1);
        let params = [ValueRef::Text(&self.name), ValueRef::Integer(self.last.get())];
        let upsert = "INSERT INTO totals (name, value) VALUES (?1, ?2)
                      ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        conn.execute(upsert, &params).map(drop)
    }

    /// Whether the last group is in the store.
    pub(super) fn is_committed(&self, conn: &Connection) -> Result<bool> {
        let mut found = false;
        let params = [ValueRef::Text(&self.name), ValueRef::Integer(self.last.get())];
        conn.query("SELECT 1 FROM totals WHERE name = ?1 AND value = ?2", &params, &mut |_| {
            found = true;
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }
}
