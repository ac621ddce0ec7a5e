//! What a host does about work that waits.

/// What a host does about work that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Takes whatever waits.
    All,
    /// Takes only what was asked of this very host, and looks after what a host that is gone left at work.
    Own,
    /// Takes nothing: it is open for a look.
    Nothing,
}

pub(crate) fn most(max_concurrent: usize) -> u32 {
    u32::try_from(max_concurrent).unwrap_or(u32::MAX)
}
