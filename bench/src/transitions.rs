//! Durable transitions of runs: whole lives through the store, by several producers at once, against
//! the least that could be written by one thread with group commit.

use crate::bare_store::BareStore;
use crate::lives::{Life, Phase, workspace};
use crate::measure::{Figures, interleaved};
use crate::report::{Aim, Finding, Section, Unit};
use crate::{Setting, on_all_cores};
use anyhow::Result;
use jackfield_store::{Store, StoreOptions};
use jackfield_types::{RunId, SystemClock, WorkspaceId};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;
use tempfile::TempDir;
use tokio::task::JoinSet;

const ROUNDS: usize = 9;

/// How many ask at once, and how many lives each of them records in a round.
const PRODUCERS: [(usize, usize); 3] = [(1, 60), (8, 30), (64, 15)];

/// The states that a run of the floor goes through, as many as there are phases.
const STATES: [&str; 6] = ["queued", "running", "started", "working", "charged", "succeeded"];

pub(crate) fn measure(setting: &Setting) -> Result<Section> {
    on_all_cores()?.block_on(async {
        let mut section = Section {
            name: "transitions",
            about: "answered, durable transitions per second, wall clock; floor: rusqlite, one writer, group commit",
            findings: Vec::new(),
            notes: Vec::new(),
        };
        for (producers, lives) in PRODUCERS {
            let (finding, note) = compare(setting, producers, lives).await?;
            section.findings.push(finding.aimed(Aim::ShareOfFloor(0.5)));
            section.notes.push(note);
        }
        Ok(section)
    })
}

async fn compare(setting: &Setting, producers: usize, lives: usize) -> Result<(Finding, String)> {
    let folder = TempDir::new_in(&setting.scratch)?;
    let store = Store::open(&folder.path().join("host"), Arc::new(SystemClock), StoreOptions::default())?;
    let shop = workspace(&store).await?;
    let bare = BareStore::open(&folder.path().join("bare.db"))?;
    let by_phase = RefCell::new(vec![Vec::new(); Phase::ALL.len()]);
    let both = interleaved(
        ROUNDS,
        async || {
            let rates = round_of_host(&store, shop, producers, lives).await?;
            for (samples, rate) in by_phase.borrow_mut().iter_mut().zip(&rates) {
                samples.push(*rate);
            }
            // All phases have as many transitions, so the rate of all is their harmonic mean.
            let phases = rates.len() as f64;
            Ok(phases / rates.iter().map(|rate| 1.0 / rate).sum::<f64>())
        },
        async || round_of_floor(&bare, producers, lives).await,
    )
    .await?;
    let floor = both.floor.median;
    let phases: Vec<_> = Phase::ALL
        .iter()
        .zip(by_phase.into_inner())
        .map(|(phase, samples)| {
            let rate = Figures::of(samples).median;
            format!("{} {} ({:.2})", phase.name(), Unit::PerSecond.show(rate), rate / floor)
        })
        .collect();
    let note = format!("{producers} at once, medians (and share of the floor): {}", phases.join(", "));
    Ok((Finding::compared(format!("lives, {producers} at once"), Unit::PerSecond, both), note))
}

/// New lives through all phases, one phase after the other: the rate of each.
async fn round_of_host(store: &Store, shop: WorkspaceId, producers: usize, lives: usize) -> Result<Vec<f64>> {
    let begun: Vec<Vec<_>> = (0..producers).map(|_| (0..lives).map(|_| Life::new()).collect()).collect();
    let mut rates = Vec::new();
    for phase in Phase::ALL {
        let mut tasks = JoinSet::new();
        let started = Instant::now();
        for own in begun.clone() {
            let store = store.clone();
            tasks.spawn(async move {
                for life in own {
                    life.pass(phase, &store, shop).await?;
                }
                Ok(())
            });
        }
        all(tasks).await?;
        rates.push(rate(producers * lives, started));
    }
    Ok(rates)
}

/// As many transitions of as many runs.
async fn round_of_floor(bare: &BareStore, producers: usize, lives: usize) -> Result<f64> {
    let runs = |_| (0..lives).map(|_| RunId::new().to_string()).collect();
    let begun: Vec<Vec<String>> = (0..producers).map(runs).collect();
    let started = Instant::now();
    for state in STATES {
        let mut tasks = JoinSet::new();
        for own in begun.clone() {
            let bare = bare.clone();
            tasks.spawn(async move {
                for run in own {
                    bare.transition(&run, state).await?;
                }
                Ok(())
            });
        }
        all(tasks).await?;
    }
    Ok(rate(producers * lives * STATES.len(), started))
}

async fn all(mut tasks: JoinSet<Result<()>>) -> Result<()> {
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

fn rate(transitions: usize, since: Instant) -> f64 {
    transitions as f64 / since.elapsed().as_secs_f64()
}
