//! The life of a run, from an admitted request to its settlement.
//!
//! ```text
//! admission ──► selection ──► scheduling ──► execution ──► verification ──► escalation ──┐
//!                                 ▲                                                      │ next round
//!                                 └──────────────────────────────────────────────────────┘
//! ```
//!
//! [`Services`] wires the services of these modules, each below those that use it. It knows no HTTP, no SQL and no
//! wasmtime.

pub mod admission;
pub mod escalation;
pub mod execution;
pub mod records;
pub mod scheduling;
pub mod selection;
mod services;
pub mod verification;

pub use services::{Parts, Services};
