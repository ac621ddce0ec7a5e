//! What waits, who takes it, and who has it in hand.
//!
//! A run waits with the attempts that it is to make next. A worker takes it in one transaction, so that
//! nobody else has it and no cap is passed, however many ask at once and from however many processes.

mod claim;
mod elsewhere;
mod hand;
mod line;
mod lines;
mod load;
mod offer;
mod provider_limits;
mod rest;
mod workers;

pub use claim::Claimed;
pub use hand::InHand;
pub use line::{InLine, Occupancy};
pub use offer::{Caps, Offer};
pub use provider_limits::ProviderLimit;
pub(crate) use provider_limits::report;
pub use rest::Cooldown;
pub use workers::Heartbeat;

use jackfield_types::Timestamp;
use std::time::Duration;

/// As times are kept where they are counted with.
pub(crate) fn milliseconds(at: Timestamp) -> i64 {
    at.as_millisecond()
}

fn whole(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
