//! Fencing: a write about a running run is refused once another worker has taken the run over.

use crate::file::{Columns, Tx};
use crate::{Hold, RecordKind, StoreError};
use jackfield_types::RunId;

/// The claim that a caller writes by; `None` for a run that no worker has claimed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fence(pub(crate) Option<Hold>);

impl Fence {
    /// Refuses a write about a run whose claim is not the caller's.
    pub(super) fn check(self, tx: &Tx<'_>, run: RunId) -> Result<(), StoreError> {
        let epoch =
            tx.one("SELECT epoch FROM runs WHERE id = ?1", [run.to_string()], |row| row.count("epoch"))?;
        let epoch =
            epoch.ok_or_else(|| StoreError::NotFound { what: RecordKind::Run, id: run.to_string() })?;
        self.admit(Hold { run, epoch })
    }

    /// The same for a run whose claim was read in the transaction.
    pub(super) fn admit(self, in_force: Hold) -> Result<(), StoreError> {
        if self.0.unwrap_or(Hold { epoch: 0, ..in_force }) == in_force {
            return Ok(());
        }
        Err(StoreError::NotHeld { run: in_force.run })
    }
}
