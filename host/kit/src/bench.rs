//! What a call costs, measured.

use jackfield_plugins::{Asking, Compiled, Trial};
use jackfield_types::{PluginRef, Problem};
use serde::Serialize;
use std::time::Instant;

/// Calls before those that count, so that what is made once is made.
const WARMING: u32 = 10;

/// How fast a component answers.
#[derive(Debug, Clone, Serialize)]
pub struct BenchReport {
    /// What was asked.
    pub plugin: PluginRef,
    /// The function.
    pub function: String,
    /// How its code was made.
    pub compiled: Compiled,
    /// Calls that count.
    pub calls: u32,
    /// Microseconds that the quickest took.
    pub least_us: u64,
    /// Microseconds within which half of them were answered.
    pub p50_us: u64,
    /// The same for 99 of 100.
    pub p99_us: u64,
    /// Microseconds that the slowest took.
    pub most_us: u64,
    /// Calls answered in a second, one after another: what one core does.
    pub per_second: f64,
    /// Bytes of memory that one call took.
    pub memory_bytes: u64,
}

/// Asks one thing again and again, a fresh instance each time, as in service.
///
/// # Errors
/// A [`Problem`] where a call is not answered.
pub async fn bench(
    trial: &Trial,
    function: &str,
    asking: &Asking,
    calls: u32,
) -> Result<BenchReport, Problem> {
    let mut memory_bytes = 0;
    for _ in 0..WARMING.min(calls) {
        memory_bytes = trial.ask(asking).await?.memory_bytes;
    }
    let mut took = Vec::with_capacity(usize::try_from(calls).unwrap_or_default());
    let all = Instant::now();
    for _ in 0..calls {
        let begun = Instant::now();
        trial.ask(asking).await?;
        took.push(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
    let seconds = all.elapsed().as_secs_f64();
    took.sort_unstable();
    Ok(BenchReport {
        plugin: trial.plugin().clone(),
        function: function.to_owned(),
        compiled: trial.compiled(),
        calls,
        least_us: at(&took, 0),
        p50_us: at(&took, 50),
        p99_us: at(&took, 99),
        most_us: at(&took, 100),
        per_second: f64::from(calls) / seconds,
        memory_bytes,
    })
}

/// The value below which so many of a hundred lie.
fn at(sorted: &[u64], percent: usize) -> u64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * percent / 100).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measured_values() {
        let sorted: Vec<_> = (1..=101).collect();
        assert_eq!([0, 50, 99, 100].map(|percent| at(&sorted, percent)), [1, 51, 100, 101]);
        assert_eq!(at(&[7], 99), 7);
        assert_eq!(at(&[], 50), 0);
    }
}
