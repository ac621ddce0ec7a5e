//! Charges during an attempt.

use super::attempt_account::{Money, Price, record_usage};
use crate::handles::Attempts;
use crate::money::breaker;
use crate::view::trail;
use crate::{Charged, Limits, RecordKind, StoreError};
use jackfield_model::{BreakerStopped, HostEvent};
use jackfield_types::{AttemptId, AttemptState, CostSource, Micros, Usage};

impl Attempts<'_> {
    /// Charges an attempt up to `total`, its running total. Charged amounts are not charged again, and a lower total
    /// takes nothing back before settlement.
    ///
    /// A charge beyond the reservation extends it by the initial amount, or by what the limits leave of it. If they
    /// leave nothing, the answer is [`Charged::Stop`]; the spent amount is recorded anyway.
    pub async fn charge(
        self,
        attempt: AttemptId,
        total: Micros,
        usage: &Usage,
        source: CostSource,
        price_as_of: Option<&str>,
        limits: &Limits,
    ) -> Result<Charged, StoreError> {
        let fence = self.fence;
        let (usage, as_of, limits) = (*usage, price_as_of.map(str::to_owned), limits.clone());
        self.store
            .write(move |tx| {
                let (mut money, total) = (Money::of(tx, attempt)?, total.bounded());
                fence.admit(money.in_force)?;
                if money.state == AttemptState::Settled {
                    return Err(StoreError::not_now("charge", RecordKind::Attempt, attempt, money.state));
                }
                let price = Price { source, as_of: as_of.as_deref() };
                record_usage(tx, attempt, &usage, price)?;
                let within = total - money.spent <= money.held;
                // Recorded once, when the reservation runs out, not at every later report.
                let runs_out = money.held > Micros::ZERO || money.spent == Micros::ZERO;
                money.spend(tx, total, price)?;
                let charged = if within { Charged::Within } else { money.extend(tx, &limits)? };
                if let Charged::Stop(refusal) = &charged
                    && runs_out
                {
                    let run = money.attempt_account.spender.run;
                    let stopped = BreakerStopped { refusal: refusal.as_ref().clone(), run };
                    let event = HostEvent::BreakerStopped(Box::new(stopped));
                    trail::add_event(tx, &attempt.to_string(), &event)?;
                }
                breaker::tell(tx, &limits, &money.attempt_account.spender)?;
                Ok(charged)
            })
            .await
    }
}
