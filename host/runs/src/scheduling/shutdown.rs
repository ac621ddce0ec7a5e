//! The stages of a host's shutdown.

use std::sync::atomic::AtomicBool;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The stages of a host's shutdown.
#[derive(Debug, Default)]
pub struct Shutdown {
    /// The host accepts no work.
    pub closed: CancellationToken,
    /// The host ends its running attempts.
    pub ends: CancellationToken,
    /// The host leaves its running attempts to the next host.
    pub leaves: CancellationToken,
    /// This host's worker is registered, so its end must be recorded.
    pub on_record: AtomicBool,
    /// The rounds that run.
    pub hands: TaskTracker,
}
