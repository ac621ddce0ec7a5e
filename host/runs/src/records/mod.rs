//! Records: decisions, events and spans of a run, and its report.

pub mod decisions;
pub mod events;
pub mod report;
pub(crate) mod speech;
pub mod telling;
pub mod trace;
