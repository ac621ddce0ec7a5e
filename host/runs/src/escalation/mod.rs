//! Escalation: what follows a round, and the comparison of parallel attempts.

pub mod advance;
pub mod compared;
pub mod consensus;
pub mod context;
