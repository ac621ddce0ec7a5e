//! The fleet: rounds of this host on workers elsewhere, and runs that this host executes for another one.

pub mod leased_runs;
pub mod remote_workers;
