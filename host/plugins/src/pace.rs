//! How fast a version answers, and whether a new one is much slower than the one before it.
//!
//! Only answers of optimised code count, function by function, by their median over the last calls: a call that
//! had to wait for the machine tells nothing. A version that has kept pace for long enough is not watched any
//! more, but goes on being measured for whoever comes after it.

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Last calls of a function that are remembered.
const REMEMBERED: usize = 32;

/// Answers of both versions before they are compared, and between two comparisons.
const ENOUGH: usize = 24;
const BETWEEN: usize = 8;

/// Answers of the version before that are asked for on purpose, where it was not asked often enough by itself; and
/// how often that is tried.
const MEASURED: usize = 8;
const TRIES: usize = 16;

/// What nobody has to be asked more often for.
const PLAIN: Duration = Duration::from_millis(50);

/// Answers after which a version is no longer on probation.
const PROBATION: u32 = 500;

/// What a call may always lose: below it nobody notices, and a busy machine makes more of a difference.
const MARGIN: Duration = Duration::from_millis(1);

/// The pace of one version.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    recent: Mutex<BTreeMap<&'static str, Recent>>,
    /// It took the place of another version, or stands above one.
    compared: bool,
    /// How long that one took.
    before: Mutex<BTreeMap<&'static str, Before>>,
    answered: AtomicU32,
}

/// One function of the version before.
#[derive(Debug, Default)]
struct Before {
    recent: Recent,
    tries: usize,
    /// Where it was asked often enough by itself.
    known: Option<Duration>,
}

impl Before {
    fn median(&self) -> Option<Duration> {
        self.known.or_else(|| (self.recent.count >= MEASURED).then(|| self.recent.median()))
    }
}

#[derive(Debug, Default)]
struct Recent {
    last: Vec<Duration>,
    count: usize,
}

/// A version is too slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slower {
    function: &'static str,
    was: Duration,
    is: Duration,
}

impl fmt::Display for Slower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { function, was, is } = self;
        let times = is.as_secs_f64() / was.as_secs_f64().max(1e-9);
        write!(
            f,
            "its `{function}` takes {is:.1?} in the middle where the version before took {was:.1?}, {times:.0} times as long"
        )
    }
}

impl Pace {
    /// Of a version that takes the place of another.
    pub(crate) fn after(before: &Self) -> Self {
        let recent = before.recent.lock();
        let enough = recent.iter().filter(|(_, recent)| recent.count >= ENOUGH);
        let known = |recent: &Recent| Before { known: Some(recent.median()), ..Before::default() };
        Self {
            compared: true,
            before: Mutex::new(enough.map(|(function, recent)| (*function, known(recent))).collect()),
            ..Self::default()
        }
    }

    /// Whether it is not known yet how long the version before takes.
    pub(crate) fn wants_measure(&self, function: &'static str) -> bool {
        self.compared
            && self.answered.load(Ordering::Relaxed) <= PROBATION
            && self
                .before
                .lock()
                .get(function)
                .is_none_or(|before| before.median().is_none() && before.tries < TRIES)
    }

    /// How long the version before took; none: it did not answer.
    pub(crate) fn measured(&self, function: &'static str, took: Option<Duration>) {
        let mut before = self.before.lock();
        let before = before.entry(function).or_default();
        before.tries += 1;
        took.into_iter().for_each(|took| before.recent.add(took));
    }

    /// One call was answered by optimised code. Says so where the version turns out to be more than `times` as
    /// slow as the one before; 0: it never does.
    pub(crate) fn answered(&self, function: &'static str, took: Duration, times: u32) -> Option<Slower> {
        // Who finds another here is not measured: a call does not wait for that.
        let mut recent = self.recent.try_lock()?;
        let recent = recent.entry(function).or_default();
        recent.add(took);
        if times == 0 || !self.compared || self.answered.load(Ordering::Relaxed) > PROBATION {
            return None;
        }
        self.answered.fetch_add(1, Ordering::Relaxed);
        let was = self.before.try_lock()?.get(function)?.median()?;
        if !recent.count.is_multiple_of(BETWEEN) {
            return None;
        }
        let is = recent.median();
        let margin = if recent.count < ENOUGH { PLAIN } else { MARGIN };
        (is > was.saturating_mul(times) && is > was + margin).then_some(Slower { function, was, is })
    }
}

impl Recent {
    fn add(&mut self, took: Duration) {
        let place = self.count % REMEMBERED;
        match self.last.get_mut(place) {
            Some(last) => *last = took,
            None => self.last.push(took),
        }
        self.count += 1;
    }

    fn median(&self) -> Duration {
        let mut sorted = self.last.clone();
        sorted.sort();
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pace: &Pace, micros: u64, calls: usize) -> Option<Slower> {
        (0..calls).find_map(|_| pace.answered("choose", Duration::from_micros(micros), 10))
    }

    #[test]
    fn a_version_that_is_much_slower_than_the_one_before_is_found_out_after_a_few_calls() {
        let before = Pace::default();
        assert_eq!(asked(&before, 30, 1000), None, "the first of all has nothing to be compared with");
        let after = Pace::after(&before);
        assert_eq!(asked(&after, 5000, ENOUGH - 1), None);
        let slower = asked(&after, 5000, 1).unwrap();
        assert!(slower.to_string().contains("`choose` takes 5.0ms"), "{slower}");
        assert!(slower.to_string().contains("took 30.0µs, 167 times as long"), "{slower}");
    }

    #[test]
    fn a_little_slower_a_single_pause_and_little_to_compare_with_are_no_reason() {
        let before = Pace::default();
        asked(&before, 30, 100);
        assert_eq!(asked(&Pace::after(&before), 290, 1000), None, "less than ten times");
        assert_eq!(asked(&Pace::after(&before), 1000, 1000), None, "more, but not to be noticed");
        let paused = Pace::after(&before);
        for _ in 0..100 {
            assert_eq!(asked(&paused, 30, 9).or(asked(&paused, 1_000_000, 1)), None);
        }
        let hardly = Pace::default();
        asked(&hardly, 30, ENOUGH - 1);
        assert_eq!(asked(&Pace::after(&hardly), 50_000, 1000), None);
        let off = Pace::after(&before);
        assert!((0..100).all(|_| off.answered("choose", Duration::from_secs(1), 0).is_none()));
    }

    #[test]
    fn who_has_kept_pace_for_long_enough_is_not_watched_any_more() {
        let before = Pace::default();
        asked(&before, 30, 100);
        let after = Pace::after(&before);
        assert_eq!(asked(&after, 30, 501), None);
        assert_eq!(asked(&after, 50_000, 1000), None);
        let next = Pace::after(&after);
        assert_eq!(asked(&next, 50_000, 1000), None, "and is what the next one is compared with");
    }
}
