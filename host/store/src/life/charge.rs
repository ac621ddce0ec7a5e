//! Charging while the work goes on: by difference, within what is held, or with more.

use crate::{Charged, Limits, Store, StoreError};
use jackfield_types::{AttemptId, CostSource, Micros, Usage};

impl Store {
    /// Charges an attempt up to `total`, its running total. What was charged before is not charged
    /// again, and a lower total than before takes nothing back until the attempt is settled.
    ///
    /// Past what is held, as much again is held as at first, or as much of that as the limits leave.
    /// When they leave nothing the answer is [`Charged::Stop`]; what was spent is recorded anyway.
    pub async fn charge(
        &self,
        attempt: AttemptId,
        total: Micros,
        usage: &Usage,
        source: CostSource,
        price_as_of: Option<&str>,
        limits: &Limits,
    ) -> Result<Charged, StoreError> {
        unimplemented!()
    }
}
