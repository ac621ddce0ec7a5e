//! The bound on the memory that all components at work have together.
//!
//! Whoever begins reserves what the component had at most so far, and waits where that is not free; what it takes
//! beyond that is reserved as it grows, and refused where nothing is left, without waiting. So nobody waits while
//! holding what others wait for. Calls and attempts have a pool each: an attempt lives long, and asks meanwhile.

use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is reserved at once, bytes: one page of a component.
const UNIT: u64 = 64 << 10;

/// How long a call waits for memory before it is refused.
const PATIENCE: Duration = Duration::from_secs(30);

/// Memory that calls, or attempts, may have together.
#[derive(Debug)]
pub(crate) struct Pool {
    units: Arc<Semaphore>,
    all: u32,
    patience: Duration,
    waited: AtomicU64,
    refused: AtomicU64,
}

/// How much of the memory for components is in use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct MemoryUse {
    /// Reserved now, bytes.
    pub reserved_bytes: u64,
    /// What may be reserved together, bytes.
    pub limit_bytes: u64,
    /// Calls that had to wait for memory since this host began.
    pub waited: u64,
    /// Times that memory was refused since this host began, since others had it.
    pub refused: u64,
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

impl Pool {
    pub(crate) fn new(bytes: u64) -> Arc<Self> {
        Arc::new(Self::with(bytes, PATIENCE))
    }

    fn with(bytes: u64, patience: Duration) -> Self {
        let all = units(bytes).max(1);
        let units = Arc::new(Semaphore::new(all as usize));
        Self { units, all, patience, waited: AtomicU64::new(0), refused: AtomicU64::new(0) }
    }

    /// Reserves so much, or all that there is. None: nothing came free for long.
    pub(crate) async fn reserve(self: &Arc<Self>, bytes: u64) -> Option<Reserved> {
        let wanted = units(bytes).clamp(1, self.all);
        let permit = match self.units.clone().try_acquire_many_owned(wanted) {
            Ok(permit) => permit,
            Err(_) => {
                self.waited.fetch_add(1, Ordering::Relaxed);
                let waiting = self.units.clone().acquire_many_owned(wanted);
                let permit = tokio::time::timeout(self.patience, waiting).await.ok().and_then(Result::ok);
                if permit.is_none() {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                }
                permit?
            }
        };
        Some(Reserved { pool: Arc::clone(self), permit })
    }

    /// What may be reserved together, bytes.
    pub(crate) fn limit(&self) -> u64 {
        u64::from(self.all) * UNIT
    }

    pub(crate) fn used(&self) -> MemoryUse {
        let free = self.units.available_permits() as u64 * UNIT;
        MemoryUse {
            reserved_bytes: self.limit().saturating_sub(free),
            limit_bytes: self.limit(),
            waited: self.waited.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}

/// Memory that one component may have; free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Reserved {
    pool: Arc<Pool>,
    permit: OwnedSemaphorePermit,
}

impl Reserved {
    /// Whether so much is reserved, or can be now.
    pub(crate) fn covers(&mut self, bytes: u64) -> bool {
        let more = units(bytes).saturating_sub(u32::try_from(self.permit.num_permits()).unwrap_or(u32::MAX));
        if more == 0 {
            return true;
        }
        match self.pool.units.clone().try_acquire_many_owned(more) {
            Ok(permit) => {
                self.permit.merge(permit);
                true
            }
            Err(_) => {
                self.pool.refused.fetch_add(1, Ordering::Relaxed);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn memory_beyond_the_bound_is_waited_for_and_growth_beyond_it_is_refused() {
        let pool = Pool::new(10 * UNIT);
        let mut one = pool.reserve(6 * UNIT).await.unwrap();
        assert!(one.covers(6 * UNIT) && one.covers(7 * UNIT), "there is room to grow");
        let other = tokio::spawn({
            let pool = pool.clone();
            async move { pool.reserve(8 * UNIT).await }
        });
        tokio::task::yield_now().await;
        assert!(!other.is_finished());
        assert!(!one.covers(12 * UNIT), "growth does not wait");
        drop(one);
        let other = other.await.unwrap().unwrap();
        let used = pool.used();
        assert_eq!((used.reserved_bytes, used.waited, used.refused), (8 * UNIT, 1, 1));
        drop(other);
        assert_eq!(pool.used().reserved_bytes, 0);
    }

    #[tokio::test]
    async fn who_wants_more_than_there_is_gets_all_of_it() {
        let pool = Pool::new(4 * UNIT);
        assert!(pool.reserve(100 * UNIT).await.is_some());
    }

    #[tokio::test]
    async fn a_wait_for_memory_ends() {
        let pool = Arc::new(Pool::with(UNIT, Duration::from_millis(10)));
        let _all = pool.reserve(UNIT).await.unwrap();
        assert!(pool.reserve(UNIT).await.is_none());
    }
}
