//! The ledger: every amount reserved, charged and released. Rows are only ever added.

use super::Account;
use crate::{Store, StoreError};
use jackfield_types::{AttemptId, CostSource, Micros, RunId, TaskId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};

/// What a row of the ledger says happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LedgerKind {
    /// Held at admission.
    Reserve,
    /// Held in addition, because the work cost more.
    Extend,
    /// Spent; what was held for it is held no longer.
    Charge,
    /// Too much was charged; on the day on which it was.
    Correct,
    /// Held, not needed.
    Release,
}

/// One row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct LedgerRow {
    pub id: u64,
    pub at: Timestamp,
    /// The day it counts for, in the store's time zone, `YYYY-MM-DD`.
    pub day: String,
    /// The month it counts for, `YYYY-MM`.
    pub month: String,
    pub workspace: WorkspaceId,
    pub task: TaskId,
    pub run: RunId,
    pub attempt: AttemptId,
    pub executor: String,
    pub model: Option<String>,
    pub kind: LedgerKind,
    pub reserved_delta: Micros,
    pub spent_delta: Micros,
    pub account: Account,
    pub source: Option<CostSource>,
    pub price_as_of: Option<String>,
    pub note: Option<String>,
}

/// Which rows of the ledger to read, oldest first.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct LedgerFilter {
    pub workspace: Option<WorkspaceId>,
    pub task: Option<TaskId>,
    pub run: Option<RunId>,
    pub attempt: Option<AttemptId>,
    pub executor: Option<String>,
    /// `YYYY-MM-DD`.
    pub day: Option<String>,
    /// `YYYY-MM`.
    pub month: Option<String>,
    /// After this row.
    pub after: u64,
    /// At most so many.
    pub limit: u32,
}

impl Default for LedgerFilter {
    fn default() -> Self {
        Self {
            workspace: None,
            task: None,
            run: None,
            attempt: None,
            executor: None,
            day: None,
            month: None,
            after: 0,
            limit: 1000,
        }
    }
}

impl Store {
    /// Rows of the ledger, oldest first.
    pub async fn ledger(&self, filter: LedgerFilter) -> Result<Vec<LedgerRow>, StoreError> {
        unimplemented!()
    }
}
