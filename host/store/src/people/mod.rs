//! What people have to do with work: their own tasks, what was decided, and what a task is to be.
//!
//! Decisions and checkpoints are only ever added. Every change is on the host's event log too, in the
//! same transaction.

mod answer;
pub(crate) mod checkpoints;
pub(crate) mod decisions;
pub(crate) mod tasks;

pub use answer::Answered;
pub use tasks::HumanTaskFilter;
