//! The life of a run in the records: admitted, started, charged, settled.
//!
//! Each step is one transaction, and takes the money with it.

mod admit;
mod charge;
pub(crate) mod events;
mod purse;
mod settle;
mod then;
mod start;
pub(crate) mod states;

pub use admit::{Admission, Admitted};
pub use settle::Settling;
pub use start::Started;
