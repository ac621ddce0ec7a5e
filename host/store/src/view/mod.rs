//! What is read back: lists, statistics, and histories. Every answer is one snapshot.

mod runs;
mod stats;
mod trail;

pub use runs::RunFilter;
pub use stats::{ModelStats, Totals, UsageShare};
