//! How far a host is on its way out.

use std::sync::atomic::AtomicBool;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How far a host is on its way out.
#[derive(Debug, Default)]
pub(crate) struct Shutdown {
    /// Nothing new is taken in.
    pub(crate) closed: CancellationToken,
    /// What is in hand is ended.
    pub(crate) ends: CancellationToken,
    /// What is in hand is left as it is.
    pub(crate) leaves: CancellationToken,
    /// This host's worker is on record, so its end is to be put there too.
    pub(crate) on_record: AtomicBool,
    /// Rounds in hand.
    pub(super) hands: TaskTracker,
}
