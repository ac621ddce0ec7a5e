//! Long life: what is old goes in small steps, and the file gives back what it no longer needs.
//!
//! What goes are events and decisions of runs that ended long ago. Runs, tasks, attempts, the ledger and the
//! host's own event log stay for ever, so that every sum can be proved at any time.

mod compact;
mod standing;
mod trim;

pub use compact::Compacted;
pub use standing::{AttemptStanding, RunStanding};
pub use trim::{Overdue, Trimmed};
