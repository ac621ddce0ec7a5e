//! The proof that the breaker's sums are what the ledger says.

use crate::{Store, StoreError};
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

impl Store {
    /// Adds the whole ledger up and compares every sum of the breaker and of every attempt with it.
    pub async fn audit(&self) -> Result<AuditReport, StoreError> {
        unimplemented!()
    }
}
