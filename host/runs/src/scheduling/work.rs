//! Which queued work a host executes.

/// Which queued work a host executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Every queued run.
    All,
    /// Only runs that this host queued, and those that a lost host was running.
    Own,
    /// None: the host only reads.
    Nothing,
}

/// The limit of concurrent runs as the store counts.
pub fn most(max_concurrent: usize) -> u32 {
    u32::try_from(max_concurrent).unwrap_or(u32::MAX)
}
