//! The ledger and the breaker.

use super::super::handles::Budget;
use jackfield_api::bounds;
use jackfield_store::{
    BreakerStatus, Corrected, Correction, Event, LedgerFilter, LedgerRow, LimitStatus, Period, Raise, Reset,
    Scope as Spending,
};
use jackfield_types::{ErrorCode, Micros, Problem, RunId, Scope};

impl Budget<'_> {
    /// Rows of the ledger, oldest first.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn ledger(self, filter: LedgerFilter) -> Result<Vec<LedgerRow>, Problem> {
        self.0.caller.require_all("the ledger")?;
        Ok(self.0.inner.store.ledger().list(filter).await?)
    }

    /// How the breaker stands.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn breaker(self) -> Result<BreakerStatus, Problem> {
        self.0.caller.require(Scope::Read)?;
        Ok(self.0.inner.store.breaker().status(&self.0.inner.settings.limits(None, None)).await?)
    }

    /// What happened to the breaker, newest first.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn history(self, limit: u32) -> Result<Vec<Event>, Problem> {
        self.0.caller.require_all("the history of the breaker")?;
        Ok(self.0.inner.store.breaker().history(limit.clamp(1, 1_000)).await?)
    }

    /// Lets every limit that is reached begin anew. Recorded, with who and why.
    ///
    /// # Errors
    /// A [`Problem`] where no reason is given.
    pub async fn reset(self, reason: &str) -> Result<Vec<LimitStatus>, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let reset = Reset {
            scope: Spending::All,
            principal: self.0.caller.name().to_owned(),
            reason: with_reason(reason)?,
        };
        Ok(self.0.inner.store.breaker().reset(reset, &self.0.inner.settings.limits(None, None)).await?)
    }

    /// Allows more until the day ends. Recorded, with who and why.
    ///
    /// # Errors
    /// A [`Problem`] where no reason is given or the amount is not positive.
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

    /// Records what a run that has ended really cost, with who and why. It is an entry of the ledger
    /// like any other: what was recorded before stays.
    ///
    /// # Errors
    /// A [`Problem`] where no reason is given, there is no such run, it has not ended, or the amount is
    /// below nothing or more than any run costs.
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

pub(in crate::engine) fn with_reason(reason: &str) -> Result<String, Problem> {
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
