//! Taking figures: both sides of a comparison in the same run, round by round, so that whatever else
//! the machine does falls on both.

use anyhow::Result;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use std::time::{Duration, Instant};

/// Rounds that are run and thrown away before any is counted.
const WARM_UP: usize = 3;

/// What many samples of one thing come to. Seconds, or events per second.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Figures {
    pub(crate) min: f64,
    pub(crate) median: f64,
    /// Only where single events were timed.
    pub(crate) p99: Option<f64>,
}

impl Figures {
    pub(crate) fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self { min: samples.first().copied().unwrap_or(f64::NAN), median: share(&samples, 0.5), p99: None }
    }

    /// With the 99th percentile of single events, which are timed by the wall clock.
    pub(crate) fn with_p99(self, mut events: Vec<f64>) -> Self {
        events.sort_by(f64::total_cmp);
        Self { p99: Some(share(&events, 0.99)), ..self }
    }
}

/// The sample that so large a share of all lies below.
fn share(sorted: &[f64], share: f64) -> f64 {
    let at = ((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

/// Both sides of a comparison, and how the rounds compare.
pub(crate) struct Both {
    pub(crate) host: Figures,
    pub(crate) floor: Figures,
    /// The median of each round's host over its floor.
    pub(crate) ratio: f64,
}

/// Takes one sample of each side in every round; who comes first changes from round to round.
pub(crate) async fn interleaved(
    rounds: usize,
    host: impl AsyncFnMut() -> Result<f64>,
    floor: impl AsyncFnMut() -> Result<f64>,
) -> Result<Both> {
    interleaved_after(WARM_UP, rounds, host, floor).await
}

/// The same after so many rounds that are thrown away.
pub(crate) async fn interleaved_after(
    warm_up: usize,
    rounds: usize,
    mut host: impl AsyncFnMut() -> Result<f64>,
    mut floor: impl AsyncFnMut() -> Result<f64>,
) -> Result<Both> {
    let (mut of_host, mut of_floor, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds + warm_up {
        let (one, other) = if round % 2 == 0 {
            let one = host().await?;
            (one, floor().await?)
        } else {
            let other = floor().await?;
            (host().await?, other)
        };
        if round >= warm_up {
            of_host.push(one);
            of_floor.push(other);
            ratios.push(one / other);
        }
    }
    Ok(Both { host: Figures::of(of_host), floor: Figures::of(of_floor), ratio: Figures::of(ratios).median })
}

/// Time that this thread has spent on a processor.
pub(crate) fn on_processor() -> Duration {
    spent(ClockId::ThreadCPUTime)
}

/// Time that all threads of this process have spent on a processor.
pub(crate) fn of_process() -> Duration {
    spent(ClockId::ProcessCPUTime)
}

fn spent(clock: ClockId) -> Duration {
    let now = clock_gettime(clock);
    let seconds = Duration::from_secs(u64::try_from(now.tv_sec).unwrap_or(0));
    seconds + Duration::from_nanos(u64::try_from(now.tv_nsec).unwrap_or(0))
}

/// Processor time of one call, seconds, over a batch. Each call's time by the wall clock goes to `walls`.
pub(crate) async fn batch(
    calls: u32,
    walls: &mut Vec<f64>,
    mut call: impl AsyncFnMut() -> Result<()>,
) -> Result<f64> {
    let begun = on_processor();
    for _ in 0..calls {
        let call_begun = Instant::now();
        call().await?;
        walls.push(call_begun.elapsed().as_secs_f64());
    }
    Ok((on_processor() - begun).as_secs_f64() / f64::from(calls))
}
