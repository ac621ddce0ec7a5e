//! Claims on runs, as they are named by those who write.

use jackfield_types::RunId;

/// A worker's claim on a run that it executes. Every write about the run names it, and is refused once another worker
/// has taken the run over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The run.
    pub run: RunId,
    /// How often the run had been claimed or taken over by then. 0: no worker has claimed it.
    pub epoch: u64,
}
