//! How long the programs that git starts may take, and how much they may write: known to whoever calls, needed
//! deep within, and so carried along with the task.

use std::future::Future;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// How long filters may take where nobody says otherwise.
const UNBOUNDED: Duration = Duration::from_secs(60);

tokio::task_local! {
    static BOUNDS: Bounds;
}

/// Bounds for the filters that git runs (such as `clean` and `smudge` of Git LFS) within one piece of work, all of
/// its calls of git together.
#[derive(Debug, Clone)]
pub struct Bounds {
    until: watch::Sender<Instant>,
    file_bytes: Option<u64>,
}

impl Bounds {
    /// Filters may run until then, and write no file of more than `file_bytes` bytes. Clones share the end.
    pub fn new(until: Instant, file_bytes: Option<u64>) -> Self {
        Self { until: watch::Sender::new(until), file_bytes }
    }

    /// Nobody wants to wait that long any more: at most until then.
    pub fn shorten(&self, until: Instant) {
        self.until.send_if_modified(|end| {
            let sooner = until < *end;
            *end = (*end).min(until);
            sooner
        });
    }

    /// Whatever `work` has git do is held to these bounds.
    pub async fn hold<T>(&self, work: impl Future<Output = T>) -> T {
        // In a box: work of this size, handed from future to future, would take much of a thread's stack.
        BOUNDS.scope(self.clone(), Box::pin(work)).await
    }

    /// The bounds in force.
    pub(crate) fn current() -> Self {
        BOUNDS.try_with(Self::clone).unwrap_or_else(|_| Self::new(Instant::now() + UNBOUNDED, None))
    }

    pub(crate) const fn file_bytes(&self) -> Option<u64> {
        self.file_bytes
    }

    /// Completes when filters have had their time.
    pub(crate) async fn over(self) {
        let mut end = self.until.subscribe();
        loop {
            let until = *end.borrow_and_update();
            tokio::select! {
                () = sleep_until(until) => return,
                // The sender is here, so that it can only be a change.
                _ = end.changed() => {}
            }
        }
    }
}
