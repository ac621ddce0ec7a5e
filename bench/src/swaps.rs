//! A thousand swaps of the chooser under calls without a pause on every core, every fourth file no good: how long
//! from the rename to the first call that the new version answers, and what the calls beside it felt.
//!
//! The run ends with an error where a single call failed, or was answered by another component in its place.

use crate::components::variant;
use crate::house::House;
use crate::measure::Figures;
use crate::report::{Finding, Section, Unit};
use crate::{Setting, on_all_cores, questions};
use anyhow::{Context, Result, ensure};
use jackfield_plugins::{Change, Plugins};
use jackfield_types::{Digest, Timestamp};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// Every so many files is no good.
const BAD: u32 = 4;

/// Calls are compared with calls of a while in which nothing is swapped.
const QUIET: Duration = Duration::from_secs(5);

/// Longest that a swap may take and still be a swap.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who asks without a pause: until told to end, and with what each call took, seconds.
struct Callers {
    ended: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Result<Vec<f64>>>>,
    /// Each caller's first call of each version.
    seen: UnboundedReceiver<(Digest, Instant)>,
}

pub(crate) fn measure(setting: &Setting) -> Result<Section> {
    on_all_cores()?.block_on(async {
        let mut house = House::open(&setting.components, &setting.scratch, setting.scan).await?;
        house.plugins.watch()?;
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let callers = Callers::start(&house.plugins, cores);
        tokio::time::sleep(QUIET).await;
        let quiet = callers.end().await?;

        let mut callers = Callers::start(&house.plugins, cores);
        let swapped = swap_all(&mut house, &mut callers, &setting.components.chooser, setting.swaps).await;
        let beside = callers.end().await?;
        let (took, rejected) = swapped?;
        let (served, calls) = (took.len(), beside.len());
        let longest = |calls: &[f64]| Unit::Seconds.show(calls.iter().copied().fold(0.0, f64::max));
        let slow = |calls: &[f64]| calls.iter().filter(|call| **call > 0.01).count() as f64 / calls.len().max(1) as f64;
        let notes = vec![
            format!("{served} swaps and {rejected} files that were rejected, beside {calls} calls of {cores} callers:"),
            "0 calls failed, 0 were answered by another component in place of the one that served".to_owned(),
            format!(
                "longest call: {} beside swaps, {} without; longer than 10 ms: {:.4} % and {:.4} %",
                longest(&beside), longest(&quiet), slow(&beside) * 100.0, slow(&quiet) * 100.0
            ),
        ];
        let finding = |what: &str, samples: Vec<f64>| {
            Finding::alone(what, Unit::Seconds, Figures::of(samples.clone()).with_p99(samples))
        };
        Ok(Section {
            name: "swaps",
            about: "from rename to the first call that is served, under calls without a pause; wall clock",
            findings: vec![
                finding("rename to first served call", took),
                finding("a call beside swaps", beside),
                finding("a call without swaps", quiet),
            ],
            notes,
        })
    })
}

/// Seconds that each good file took, and how many were not taken.
async fn swap_all(
    house: &mut House,
    callers: &mut Callers,
    chooser: &[u8],
    swaps: u32,
) -> Result<(Vec<f64>, u32)> {
    let (aside, place) = (house.dropped(".swapped.part"), house.dropped("swapped.wasm"));
    let (mut took, mut rejected) = (Vec::new(), 0);
    // What served before is no swap.
    let (before, _) = callers.seen.recv().await.context("every caller has ended")?;
    let mut known = BTreeSet::from([before]);
    for number in 0..swaps {
        let bytes = variant(chooser, number);
        if number % BAD == BAD - 1 {
            write(&aside, &spoiled(bytes, number / BAD))?;
            std::fs::rename(&aside, &place)?;
            house.event(Change::Rejected).await?;
            rejected += 1;
            continue;
        }
        write(&aside, &bytes)?;
        let begun = Instant::now();
        std::fs::rename(&aside, &place)?;
        let first = async {
            loop {
                let (digest, at) = callers.seen.recv().await.context("every caller has ended")?;
                if known.insert(digest) {
                    return anyhow::Ok(at);
                }
            }
        };
        let first = tokio::time::timeout(PATIENCE, first).await.context("a good file never served")??;
        took.push(first.duration_since(begun).as_secs_f64());
    }
    Ok((took, rejected))
}

/// The ways to be no good, in turns.
fn spoiled(mut bytes: Vec<u8>, number: u32) -> Vec<u8> {
    match number % 4 {
        // Nothing but garbage at its end: it is whole for nobody.
        0 => bytes.extend([0xff; 64]),
        1 => bytes = b"\0asm\x01\0\0\0".to_vec(),
        // An import that nobody grants.
        2 => replace(&mut bytes, b"jackfield:plugin/log@", b"jackfield:plugin/lag@"),
        // A contract that is not written yet.
        _ => replace(&mut bytes, b"choosing@1.1.0", b"choosing@9.0.0"),
    }
    bytes
}

fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let mut at = 0;
    while let Some(rest) = bytes.get_mut(at..) {
        if rest.starts_with(from) {
            rest.iter_mut().zip(to).for_each(|(byte, new)| *byte = *new);
        }
        at += 1;
    }
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    let file = std::fs::File::create(file)?;
    std::io::Write::write_all(&mut &file, bytes)?;
    // Else the rename would pay for the disk.
    file.sync_all()?;
    Ok(())
}

impl Callers {
    fn start(plugins: &Arc<Plugins>, callers: usize) -> Self {
        let (tell, seen) = unbounded_channel();
        let ended = Arc::new(AtomicBool::new(false));
        let tasks = (0..callers)
            .map(|_| tokio::spawn(call(Arc::clone(plugins), Arc::clone(&ended), tell.clone())))
            .collect();
        Self { ended, tasks, seen }
    }

    async fn end(self) -> Result<Vec<f64>> {
        self.ended.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for task in self.tasks {
            all.extend(task.await??);
        }
        Ok(all)
    }
}

async fn call(
    plugins: Arc<Plugins>,
    ended: Arc<AtomicBool>,
    tell: UnboundedSender<(Digest, Instant)>,
) -> Result<Vec<f64>> {
    let (task, candidates) = (questions::task(), questions::candidates());
    let (mut took, mut last) = (Vec::new(), None);
    while !ended.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let called = plugins.choose(Timestamp::UNIX_EPOCH, &task, &candidates, &questions::BUDGET).await;
        took.push(begun.elapsed().as_secs_f64());
        let called = called.context("a call failed because of a swap")?;
        ensure!(called.instead.is_none(), "another component had to answer: {:?}", called.instead);
        if last != Some(called.plugin.digest) {
            last = Some(called.plugin.digest);
            // Whoever no longer listens has seen enough.
            let _ = tell.send((called.plugin.digest, Instant::now()));
        }
        tokio::task::yield_now().await;
    }
    Ok(took)
}
