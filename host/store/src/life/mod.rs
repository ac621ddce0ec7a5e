//! The life of a run in the records: admitted, started, charged, settled.
//!
//! Each step is one transaction, and takes the money with it.

mod admit;
mod charge;
mod settle;
mod start;

pub use admit::{Admission, Admitted};
pub use settle::Settling;
pub use start::Started;
