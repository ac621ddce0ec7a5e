//! Admission: a request is resolved, priced and put into the queue, in one transaction or not at all.

pub mod admit;
pub mod admitted;
pub mod classify;
pub mod external;
pub mod order;
pub mod place;
pub mod planned;
pub mod plans;
pub mod pricing;
pub mod resolved_request;
pub mod retry;
pub mod stage;
