//! The ledger and the breaker.

use crate::handles::Budget;
use jackfield_api::bounds;
use jackfield_store::{
    BreakerStatus, Corrected, Correction, HostEventRecord, LedgerFilter, LedgerRow, LimitStatus, Period,
    Raise, Reset, Scope as Spending, SpendingDay,
};
use jackfield_types::{ErrorCode, Micros, Problem, RunId, Scope};

impl Budget<'_> {
    /// Returns rows of the ledger, oldest first.
    ///
    /// # Errors
    /// A [`Problem`] if the principal may not see the work of all principals, or the store cannot be read.
    pub async fn ledger(self, filter: LedgerFilter) -> Result<Vec<LedgerRow>, Problem> {
        self.0.caller.require_all("the ledger")?;
        Ok(self.0.inner.store.ledger().list(filter).await?)
    }

    /// Returns the state of the breaker and its limits.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn breaker(self) -> Result<BreakerStatus, Problem> {
        self.0.caller.require(Scope::Read)?;
        Ok(self.0.inner.store.breaker().status(&self.0.inner.settings.limits(None, None)).await?)
    }

    /// Returns at most `limit` (1 to 1000) events of the breaker, newest first.
    ///
    /// # Errors
    /// A [`Problem`] if the principal may not see the work of all principals, or the store cannot be read.
    pub async fn history(self, limit: u32) -> Result<Vec<HostEventRecord>, Problem> {
        self.0.caller.require_all("the history of the breaker")?;
        Ok(self.0.inner.store.breaker().history(limit.clamp(1, 1_000)).await?)
    }

    /// Returns what was spent on each of the last `days` (1 to 366) days, by workspace, executor and model, the oldest
    /// day first.
    ///
    /// # Errors
    /// A [`Problem`] if the principal may not see the work of all principals, or the store cannot be read.
    pub async fn spending(self, days: u32) -> Result<Vec<SpendingDay>, Problem> {
        self.0.caller.require_all("what was spent")?;
        Ok(self.0.inner.store.spending().days(days.clamp(1, 366)).await?)
    }

    /// Resets every limit that is reached, so that it counts from zero. Records the principal and the reason.
    ///
    /// # Errors
    /// A [`Problem`] if the principal lacks the scope `admin` or the reason is empty.
    pub async fn reset(self, reason: &str) -> Result<Vec<LimitStatus>, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let reset = Reset {
            scope: Spending::All,
            principal: self.0.caller.name().to_owned(),
            reason: with_reason(reason)?,
        };
        Ok(self.0.inner.store.breaker().reset(reset, &self.0.inner.settings.limits(None, None)).await?)
    }

    /// Raises the daily limit by an amount until the day ends. Records the principal and the reason.
    ///
    /// # Errors
    /// A [`Problem`] if the principal lacks the scope `admin`, the reason is empty, or the amount is not positive or
    /// too large.
    pub async fn raise(self, by: Micros, reason: &str) -> Result<Vec<LimitStatus>, Problem> {
        self.0.caller.require(Scope::Admin)?;
        if by <= Micros::ZERO || by > Micros::MOST {
            return Err(Problem::caller(
                ErrorCode::BadAmount,
                format!("failed to raise the limit: the amount {by} is out of bounds"),
                format!("give dollars, more than 0 and at most {}", Micros::MOST),
            ));
        }
        let (principal, reason) = (self.0.caller.name().to_owned(), with_reason(reason)?);
        let raise = Raise { scope: Spending::All, period: Period::Day, by, principal, reason };
        Ok(self.0.inner.store.breaker().raise(raise, &self.0.inner.settings.limits(None, None)).await?)
    }

    /// Corrects the cost of an ended run. The correction is a new row of the ledger, with the principal and the
    /// reason; earlier rows stay.
    ///
    /// # Errors
    /// A [`Problem`] if the principal lacks the scope `admin`, the reason is empty, the run does not exist or has not
    /// ended, or the cost is negative or too large.
    pub async fn correct_cost(self, run: RunId, cost: Micros, reason: &str) -> Result<Corrected, Problem> {
        self.0.caller.require(Scope::Admin)?;
        self.0.caller.annotate(|audited| audited.run = Some(run));
        if cost != cost.bounded() {
            return Err(Problem::caller(
                ErrorCode::BadAmount,
                format!("the cost {cost} is out of bounds"),
                format!("give dollars, 0 to {}", Micros::MOST),
            ));
        }
        let (principal, reason) = (self.0.caller.name().to_owned(), with_reason(reason)?);
        let correction = Correction { run, cost, principal, reason };
        Ok(self.0.inner.store.ledger().correct(correction, &self.0.inner.settings.limits(None, None)).await?)
    }
}

pub(crate) fn with_reason(reason: &str) -> Result<String, Problem> {
    if reason.trim().is_empty() {
        return Err(Problem::caller(
            ErrorCode::NoReason,
            "no reason is given",
            "give a reason; it is recorded with the change",
        ));
    }
    bounds::check_text("reason", reason)?;
    Ok(reason.to_owned())
}
