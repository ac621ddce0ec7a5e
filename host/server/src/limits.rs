//! How much one principal may ask at once and in a second.

use governor::clock::{Clock as _, MonotonicClock};
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use jackfield_types::{ErrorCode, Problem};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Principals that asked nothing for so many calls of others are forgotten.
const FORGET_EVERY: u64 = 10_000;

type Rates = RateLimiter<String, DefaultKeyedStateStore<String>, MonotonicClock>;

/// How much is too much.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Calls a second, for a while twice as many; none: any number.
    pub(super) per_second: Option<NonZeroU32>,
    /// Calls that are being answered, streams among them.
    pub(super) at_once: usize,
}

/// What everybody has asked lately, and what is being answered.
#[derive(Clone)]
pub(super) struct Limits(Arc<Inner>);

struct Inner {
    rates: Option<Rates>,
    bounds: Bounds,
    open: Mutex<HashMap<String, usize>>,
    calls: AtomicU64,
}

/// A call that is being answered until this is dropped.
pub(super) struct Permit {
    limits: Limits,
    principal: String,
}

/// Why a call is not answered now.
#[derive(Debug)]
pub(super) struct TooMuch {
    pub(super) problem: Problem,
    /// Whole seconds, at least one.
    pub(super) retry_after_s: u64,
}

impl Limits {
    pub(super) fn new(bounds: Bounds) -> Self {
        let rates = bounds.per_second.map(|rate| {
            let burst = rate.saturating_add(rate.get());
            RateLimiter::new(
                Quota::per_second(rate).allow_burst(burst),
                DefaultKeyedStateStore::default(),
                MonotonicClock,
            )
        });
        Self(Arc::new(Inner { rates, bounds, open: Mutex::default(), calls: AtomicU64::new(0) }))
    }

    /// A call of `principal`; `is_rated` where it counts for how many there are in a second.
    pub(super) fn enter(&self, principal: &str, is_rated: bool) -> Result<Permit, TooMuch> {
        if let Some(rates) = self.0.rates.as_ref().filter(|_| is_rated) {
            if self.0.calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(FORGET_EVERY) {
                rates.retain_recent();
            }
            if let Err(early) = rates.check_key(&principal.to_owned()) {
                let wait = early.wait_time_from(MonotonicClock.now());
                return Err(self.too_fast(wait));
            }
        }
        let mut open = self.0.open.lock();
        let most = self.0.bounds.at_once;
        let mine = open.entry(principal.to_owned()).or_default();
        if *mine >= most {
            return Err(TooMuch {
                problem: Problem::caller(
                    ErrorCode::TooManyAtOnce,
                    format!("{most} calls with this token are being answered already"),
                    "close some (streams count too), or ask the operator of the host to raise server.calls_at_once",
                ),
                retry_after_s: 1,
            });
        }
        *mine += 1;
        Ok(Permit { limits: self.clone(), principal: principal.to_owned() })
    }

    fn too_fast(&self, wait: Duration) -> TooMuch {
        let rate = self.0.bounds.per_second.map_or(0, NonZeroU32::get);
        TooMuch {
            problem: Problem::caller(
                ErrorCode::TooManyCalls,
                format!("more than {rate} calls a second"),
                "wait as Retry-After says; `result` with wait_s, a stream or a webhook needs fewer calls than asking again and again",
            ),
            retry_after_s: wait.as_secs_f64().ceil().max(1.0) as u64,
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.limits.0.open.lock();
        if let Some(mine) = open.get_mut(&self.principal) {
            *mine = mine.saturating_sub(1);
            if *mine == 0 {
                open.remove(&self.principal);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(per_second: u32, at_once: usize) -> Limits {
        Limits::new(Bounds { per_second: NonZeroU32::new(per_second), at_once })
    }

    #[test]
    fn caller_over_its_rate_is_refused_and_others_are_not() {
        let limits = limits(5, 1_000);
        let asked: Vec<_> = (0..20).map(|_| limits.enter("eager", true)).collect();
        let refused: Vec<_> = asked.iter().filter_map(|asked| asked.as_ref().err()).collect();
        assert_eq!(refused.len(), 10, "twice the rate is let in at once");
        assert!(refused.iter().all(|refused| refused.problem.code == "too_many_calls"));
        assert!(refused.iter().all(|refused| refused.retry_after_s == 1));
        assert!(limits.enter("other", true).is_ok());
        assert!(limits.enter("eager", false).is_ok(), "who is not rated is not");
    }

    #[test]
    fn concurrent_call_is_counted_until_it_is_answered() {
        let limits = limits(0, 2);
        let first = limits.enter("one", true).unwrap();
        let _second = limits.enter("one", true).unwrap();
        assert_eq!(limits.enter("one", true).err().unwrap().problem.code, "too_many_at_once");
        assert!(limits.enter("two", true).is_ok());
        drop(first);
        assert!(limits.enter("one", true).is_ok());
        assert_eq!(limits.0.open.lock().len(), 1, "who asks nothing is forgotten");
    }
}
