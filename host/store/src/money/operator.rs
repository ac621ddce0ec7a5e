//! What an operator sees of the breaker and does to it. Nothing here touches the ledger: an
//! allowance is kept beside the sums, for one scope and one period.

use super::{BreakerStatus, LimitStatus, Limits, Raise, Reset};
use crate::{Event, Spender, Store, StoreError};

impl Store {
    /// How every limit on everything, on a workspace or on an executor stands.
    pub async fn breaker(&self, limits: &Limits) -> Result<BreakerStatus, StoreError> {
        unimplemented!()
    }

    /// How every limit that holds for this spender stands, those of its task and run included.
    pub async fn breaker_for(&self, spender: &Spender, limits: &Limits) -> Result<BreakerStatus, StoreError> {
        unimplemented!()
    }

    /// Allows more for one scope until the period ends. Gives how its limits of that period stand
    /// now. Refused where no limit of that period holds for the scope.
    pub async fn raise(&self, raise: Raise, limits: &Limits) -> Result<Vec<LimitStatus>, StoreError> {
        unimplemented!()
    }

    /// Lets every limit of a scope that is reached begin anew at once, as though its period just
    /// began. Gives those limits as they stand now; empty: none was reached.
    pub async fn reset(&self, reset: Reset, limits: &Limits) -> Result<Vec<LimitStatus>, StoreError> {
        unimplemented!()
    }

    /// What happened to the breaker, newest first: refusals, changes of state, raises, resets.
    pub async fn breaker_history(&self, limit: u32) -> Result<Vec<Event>, StoreError> {
        unimplemented!()
    }
}
