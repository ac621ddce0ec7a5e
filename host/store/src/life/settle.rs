//! Settlement: the last charge, the release of the rest, and what became of it, in one transaction.

use crate::{Limits, Settlement, Store, StoreError};
use jackfield_types::Micros;

/// What a settlement came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settling {
    /// It is recorded.
    Settled {
        /// What was held and is free again.
        released: Micros,
    },
    /// It was settled before. Nothing was changed or charged.
    Already,
}

impl Store {
    /// Settles an attempt: charges what is missing, gives back what was too much, releases what is
    /// still held, records the outcome and everything that came of it, and ends the run if asked.
    pub async fn settle(&self, settlement: Settlement, limits: &Limits) -> Result<Settling, StoreError> {
        unimplemented!()
    }
}
