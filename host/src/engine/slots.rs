//! How many attempts may be at work at once: in all, and of each executor.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places, handed out in the order in which they were asked for.
#[derive(Debug)]
pub(crate) struct Slots {
    all: Arc<Semaphore>,
    most: Mutex<u32>,
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
        Self { all, most: Mutex::new(u32::try_from(most).unwrap_or(u32::MAX)), executors: Mutex::default() }
    }

    /// Another number of places. Whoever is at work stays; fewer places are there when they have gone.
    pub(crate) fn resize(&self, most: usize) {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        resize(&self.all, std::mem::replace(&mut *self.most.lock(), most), most);
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
        let most = *self.most.lock();
        (busy(&self.all, most), most)
    }

    /// The same of one executor.
    pub(crate) fn executor(&self, executor: &str, slots: u32) -> (u32, u32) {
        (busy(&self.of(executor, slots), slots), slots)
    }

    fn of(&self, executor: &str, slots: u32) -> Arc<Semaphore> {
        let slots = slots.max(1);
        let mut executors = self.executors.lock();
        let (semaphore, most) = executors
            .entry(executor.to_owned())
            .or_insert_with(|| (Arc::new(Semaphore::new(slots as usize)), slots));
        resize(semaphore, std::mem::replace(most, slots), slots);
        Arc::clone(semaphore)
    }
}

/// Places that are taken cannot be taken away: they are waited for.
fn resize(semaphore: &Arc<Semaphore>, from: u32, to: u32) {
    if to > from {
        semaphore.add_permits((to - from) as usize);
    } else if to < from {
        let gone = semaphore.forget_permits((from - to) as usize);
        let left = from - to - u32::try_from(gone).unwrap_or(u32::MAX);
        let semaphore = Arc::clone(semaphore);
        tokio::spawn(async move { semaphore.acquire_many(left).await.map(|taken| taken.forget()).ok() });
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

    #[tokio::test]
    async fn places_come_at_once_and_go_when_they_are_free() {
        let slots = Slots::new(1);
        let first = slots.take("quick", 4).await.unwrap();
        slots.resize(2);
        let second = slots.take("quick", 4).await.unwrap();
        slots.resize(1);
        assert_eq!(slots.all().1, 1);
        drop(first);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        let waiting =
            tokio::time::timeout(std::time::Duration::from_millis(50), slots.take("quick", 4)).await;
        assert!(waiting.is_err(), "the one place is taken");
        drop(second);
        assert!(slots.take("quick", 4).await.is_some());
    }
}
