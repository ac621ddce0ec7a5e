//! How many attempts may be at work at once: in all, and of each executor.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places, handed out in the order in which they were asked for.
#[derive(Debug)]
pub(crate) struct Slots {
    all: Arc<Semaphore>,
    most: u32,
    executors: Mutex<HashMap<String, (Arc<Semaphore>, u32)>>,
}

/// A place. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Slot {
    _executor: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Slots {
    pub(crate) fn new(most: usize) -> Self {
        let all = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Self { all, most: u32::try_from(most).unwrap_or(u32::MAX), executors: Mutex::default() }
    }

    /// Waits for a place. The executor's own place comes first: whoever waits for a busy executor
    /// must not hold up the others.
    pub(crate) async fn take(&self, executor: &str, slots: u32) -> Option<Slot> {
        let own = self.of(executor, slots);
        let executor = own.acquire_owned().await.ok()?;
        let all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some(Slot { _executor: executor, _all: all })
    }

    /// Attempts at work, and how many there may be.
    pub(crate) fn all(&self) -> (u32, u32) {
        (busy(&self.all, self.most), self.most)
    }

    /// The same of one executor.
    pub(crate) fn executor(&self, executor: &str, slots: u32) -> (u32, u32) {
        (busy(&self.of(executor, slots), slots), slots)
    }

    fn of(&self, executor: &str, slots: u32) -> Arc<Semaphore> {
        let mut executors = self.executors.lock();
        let (semaphore, _) = executors
            .entry(executor.to_owned())
            .or_insert_with(|| (Arc::new(Semaphore::new(slots.max(1) as usize)), slots.max(1)));
        Arc::clone(semaphore)
    }
}

fn busy(semaphore: &Semaphore, most: u32) -> u32 {
    most.saturating_sub(u32::try_from(semaphore.available_permits()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_busy_executor_does_not_hold_up_the_others() {
        let slots = Arc::new(Slots::new(2));
        let first = slots.take("slow", 1).await.unwrap();
        let waiting = tokio::spawn({
            let slots = Arc::clone(&slots);
            async move { slots.take("slow", 1).await }
        });
        tokio::task::yield_now().await;
        let other = slots.take("quick", 1).await.unwrap();
        assert_eq!(slots.all(), (2, 2));
        assert_eq!(slots.executor("slow", 1), (1, 1));
        drop(first);
        assert!(waiting.await.unwrap().is_some());
        drop(other);
        assert_eq!(slots.all(), (0, 2));
    }
}
