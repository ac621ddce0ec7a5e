//! Money: the ledger, and the breaker that is computed from it. The limits are data of `jackfield-model`.

mod audit;
pub(crate) mod breaker;
mod calendar;
mod correct;
mod days;
pub(crate) mod ledger;
mod operator;
mod spending;
mod sums;

pub use audit::AuditReport;
pub(crate) use breaker::Gauge;
pub(crate) use calendar::{Calendar, Today};
pub(crate) use days::{Day, Days};
pub use jackfield_model::{
    Account, Action, BreakerState, BreakerStatus, Charged, Corrected, Correction, Counts, InvalidScope,
    Limit, LimitScope, LimitStatus, Limits, Period, Raise, Refusal, Reset, Scope, Spender,
};
pub use ledger::{LedgerFilter, LedgerKind, LedgerRow};
pub(crate) use operator::own_statuses;
pub use spending::SpendingDay;
pub(crate) use sums::{Sum, Sums};
