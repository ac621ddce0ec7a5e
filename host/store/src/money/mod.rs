//! Money: the limits, the ledger, and the breaker that is computed from it.

mod audit;
pub(crate) mod breaker;
mod calendar;
mod correct;
pub(crate) mod ledger;
mod limit;
mod operator;
mod status;

pub use audit::AuditReport;
pub(crate) use calendar::{Calendar, Today};
pub use ledger::{LedgerFilter, LedgerKind, LedgerRow};
pub use limit::{Account, Action, Counts, InvalidScope, Limit, LimitScope, Limits, Period, Scope, Spender};
pub use status::{
    BreakerState, BreakerStatus, Charged, Corrected, Correction, LimitStatus, Raise, Refusal, Reset,
};
