//! What is read back: lists, statistics, and histories. Every answer is one snapshot.

pub(crate) mod runs;
mod stats;
pub(crate) mod trail;
pub(crate) mod workspaces;

pub use runs::{EventPage, RunFilter};
pub use stats::{ModelStats, Totals, UsageShare};
