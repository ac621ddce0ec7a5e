//! Human tasks, decisions and checkpoints.
//!
//! Decisions and checkpoints are only added. Every change is recorded in the host's event log in the same transaction.

mod answer;
pub(crate) mod checkpoints;
pub(crate) mod decisions;
pub(crate) mod tasks;

pub use answer::Answered;
pub use tasks::HumanTaskFilter;
pub(crate) use tasks::add_human_task;
