//! The queue: workers that claim and settle until a thousand runs of several workspaces are gone, against as
//! many durable transitions of the floor.

use crate::bare_store::BareStore;
use crate::lives::Life;
use crate::measure::{Figures, interleaved};
use crate::report::{Finding, Section, Unit};
use crate::{Setting, on_all_cores};
use anyhow::{Result, ensure};
use jackfield_store::{Caps, NewWorker, NewWorkspace, Offer, Store, StoreOptions, WorkerKind, WorkspaceKind};
use jackfield_types::{RunId, SystemClock, WorkerId, WorkspaceId};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::task::JoinSet;

const ROUNDS: usize = 3;
const RUNS: usize = 1_000;
const WORKERS: usize = 8;
const WORKSPACES: usize = 4;

pub(crate) fn measure(setting: &Setting) -> Result<Section> {
    on_all_cores()?.block_on(async {
        let folder = TempDir::new_in(&setting.scratch)?;
        let store = Store::open(&folder.path().join("host"), Arc::new(SystemClock), StoreOptions::default())?;
        let bare = BareStore::open(&folder.path().join("bare.db"))?;
        let workspaces = workspaces(&store).await?;
        let claims = RefCell::new(Vec::new());
        let both = interleaved(
            ROUNDS,
            async || {
                for number in 0..RUNS {
                    let Some(workspace) = workspaces.get(number % WORKSPACES) else { continue };
                    Life::new().admit(&store, *workspace).await?;
                }
                let begun = Instant::now();
                let latencies = drain(&store).await?;
                ensure!(latencies.len() == RUNS, "{} of {RUNS} runs were claimed", latencies.len());
                claims.borrow_mut().extend(latencies);
                Ok(RUNS as f64 / begun.elapsed().as_secs_f64())
            },
            async || floor(&bare).await,
        )
        .await?;
        let claims = claims.into_inner();
        let latency = Figures::of(claims.clone()).with_p99(claims);
        Ok(Section {
            name: "queue",
            about: "1,000 runs of 4 workspaces claimed and settled by 8 workers, wall clock; floor: as many pairs of bare transitions",
            findings: vec![
                Finding::compared("runs drained", Unit::PerSecond, both),
                Finding::alone("a claim, among 8 workers", Unit::Seconds, latency),
            ],
            notes: Vec::new(),
        })
    })
}

async fn workspaces(store: &Store) -> Result<Vec<WorkspaceId>> {
    let mut all = Vec::new();
    for number in 0..WORKSPACES {
        let (name, path) = (format!("shop-{number}"), format!("/srv/shop-{number}"));
        all.push(store.workspaces().ensure(NewWorkspace { name, path, kind: WorkspaceKind::Git }).await?.id);
    }
    Ok(all)
}

/// Registers a worker of this machine.
pub(crate) async fn begin_worker(store: &Store, name: String) -> Result<WorkerId> {
    let id = WorkerId::new();
    let worker = NewWorker {
        id,
        name,
        kind: WorkerKind::Local,
        instance: "bench".to_owned(),
        slots: 1,
        executors: Vec::new(),
        workspaces: None,
        principal: None,
        lease: Duration::from_secs(300),
    };
    store.workers().begin(worker).await?;
    Ok(id)
}

/// Free slots of a worker that takes any run.
pub(crate) fn offer(worker: WorkerId, free: u32) -> Offer {
    Offer {
        worker,
        holder: "bench".to_owned(),
        free,
        executors: None,
        workspaces: None,
        only_own: false,
        elsewhere: false,
    }
}

/// Claims and settles until there is nothing left; how long each claim took, seconds.
async fn drain(store: &Store) -> Result<Vec<f64>> {
    let mut workers = JoinSet::new();
    for number in 0..WORKERS {
        let store = store.clone();
        workers.spawn(async move {
            let id = begin_worker(&store, format!("bench-{number}")).await?;
            let offer = offer(id, 1);
            let caps = Caps { executor: 64, aging: Duration::from_secs(300), ..Caps::default() };
            let mut latencies = Vec::new();
            loop {
                let begun = Instant::now();
                let Some(claimed) = store.queue().claim(offer.clone(), caps.clone()).await? else { break };
                latencies.push(begun.elapsed().as_secs_f64());
                for attempt in claimed.attempts {
                    Life::of(claimed.hold, attempt).settle(&store).await?;
                }
            }
            store.workers().end(id, "the round is over").await?;
            Ok::<_, anyhow::Error>(latencies)
        });
    }
    let mut all = Vec::new();
    while let Some(ended) = workers.join_next().await {
        all.extend(ended??);
    }
    Ok(all)
}

/// Two transitions of as many runs, by as many at once.
async fn floor(bare: &BareStore) -> Result<f64> {
    let begun = Instant::now();
    let mut workers = JoinSet::new();
    for _ in 0..WORKERS {
        let bare = bare.clone();
        workers.spawn(async move {
            for _ in 0..RUNS / WORKERS {
                let run = RunId::new().to_string();
                bare.transition(&run, "running").await?;
                bare.transition(&run, "succeeded").await?;
            }
            Ok::<_, anyhow::Error>(())
        });
    }
    while let Some(ended) = workers.join_next().await {
        ended??;
    }
    Ok(RUNS as f64 / begun.elapsed().as_secs_f64())
}
