//! The host with very many runs in the queue or on record. The floor is the same host with few.

mod copies;

use crate::execute::nothing_in;
use crate::lives::Life;
use crate::measure::{Figures, interleaved, of_process};
use crate::queue::{begin_worker, offer};
use crate::report::{Aim, Finding, Section, Unit};
use crate::served::Served;
use crate::{Setting, on_all_cores};
use anyhow::{Context, Result, ensure};
use jackfield::Host;
use jackfield_store::{Caps, NewWorkspace, RunFilter, Store, StoreOptions, WorkspaceKind};
use jackfield_types::{RunId, RunState, SystemClock, WorkerId};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const ROUNDS: usize = 7;
/// Claims of one sample.
const CLAIMS: u32 = 10;
/// Runs of the floor.
const FEW: u32 = 1_000;
const WORKSPACES: usize = 100;

/// What people and programs read again and again.
const ROUTES: [&str; 10] = [
    "/api/status",
    "/api/workers",
    "/api/runs",
    "/api/runs?state=failed",
    "/api/tasks",
    "/api/tasks?state=done",
    "/api/human-tasks",
    "/api/breaker",
    "/api/events?limit=100",
    "/metrics",
];

pub(crate) fn measure(setting: &Setting) -> Result<Section> {
    on_all_cores()?.block_on(async {
        let folder = TempDir::new_in(&setting.scratch)?;
        let mut findings = vec![claims(folder.path(), setting.records).await?];
        let begun = Instant::now();
        let (many, bytes) = recorded(&folder.path().join("many"), setting.records).await?;
        let note = format!("{} runs were recorded in {:.0} s", setting.records, begun.elapsed().as_secs_f64());
        let (few, _) = recorded(&folder.path().join("few"), 0).await?;
        let bytes = Figures::of(vec![bytes]);
        findings.push(Finding::alone("bytes of a run", Unit::Bytes, bytes).aimed(Aim::Within(7_000.0)));
        findings.extend(answers(&many, &few).await?);
        Ok(Section {
            name: "scale",
            about: "with a million runs, or as many as --records says; floor: a claim among a thousand, answers about one",
            findings,
            notes: vec![note],
        })
    })
}

/// Processor time of claims from a long queue and from a short one.
async fn claims(folder: &Path, records: u32) -> Result<Finding> {
    let (long, short) =
        (queue(&folder.join("long"), records).await?, queue(&folder.join("short"), FEW).await?);
    let both = interleaved(ROUNDS, async || long.claims().await, async || short.claims().await).await?;
    Ok(Finding::compared(format!("a claim, {records} runs queued"), Unit::Seconds, both)
        .aimed(Aim::Within(1e-3)))
}

/// A store with queued runs, and a worker.
struct Queue {
    store: Store,
    worker: WorkerId,
}

async fn queue(folder: &Path, records: u32) -> Result<Queue> {
    let store = Store::open(folder, Arc::new(SystemClock), StoreOptions::default())?;
    workspaces(&store).await?;
    let own = crate::lives::workspace(&store).await?;
    Life::new().admit(&store, own).await?;
    copies::copy(store.file(), newest(&store).await?, records)?;
    let worker = begin_worker(&store, "bench".to_owned()).await?;
    Ok(Queue { store, worker })
}

impl Queue {
    /// Seconds of processor time for a claim.
    async fn claims(&self) -> Result<f64> {
        let offer = offer(self.worker, 1_000);
        let caps = Caps { executor: 1_000, aging: Duration::from_secs(300), ..Caps::default() };
        let begun = of_process();
        for _ in 0..CLAIMS {
            let claimed = self.store.queue().claim(offer.clone(), caps.clone()).await?;
            ensure!(claimed.is_some(), "no run was claimed");
        }
        Ok((of_process() - begun).as_secs_f64() / f64::from(CLAIMS))
    }
}

async fn workspaces(store: &Store) -> Result<()> {
    for number in 0..WORKSPACES {
        let (name, path) = (format!("place-{number}"), format!("/srv/place-{number}"));
        store.workspaces().ensure(NewWorkspace { name, path, kind: WorkspaceKind::Git }).await?;
    }
    Ok(())
}

async fn newest(store: &Store) -> Result<RunId> {
    let runs = store.runs().list(RunFilter::default()).await?;
    Ok(runs.first().context("no run is on record")?.run)
}

/// A data folder with one run of a command that does nothing, and its copies; the bytes of one in the database.
async fn recorded(folder: &Path, records: u32) -> Result<(PathBuf, f64)> {
    let (data, repository) = (folder.join("data"), folder.join("repository"));
    std::fs::create_dir_all(folder)?;
    jackfield_workspace::throwaway(&repository).await?;
    let host = Host::builder(&data).open().await?;
    let answer = host.runs().execute(nothing_in(&repository)).await?;
    ensure!(answer.state == RunState::Succeeded, "the command did not succeed:\n{}", answer.text);
    host.shutdown().await;
    let store = Store::open(&data, Arc::new(SystemClock), StoreOptions::default())?;
    workspaces(&store).await?;
    let before = std::fs::metadata(store.file())?.len();
    if records > 0 {
        copies::copy(store.file(), answer.run_id, records)?;
    }
    let grown = std::fs::metadata(store.file())?.len().saturating_sub(before);
    Ok((data, grown as f64 / f64::from(records.max(1))))
}

/// How soon a server answers, with many runs on record and with one.
async fn answers(many: &Path, few: &Path) -> Result<Vec<Finding>> {
    let start = async |data: &Path| {
        let server = Served::start(data).await?;
        let took = server.took.as_secs_f64();
        server.stop().await.map(|()| took)
    };
    let starts = interleaved(3, async || start(many).await, async || start(few).await).await?;
    let mut findings =
        vec![Finding::compared("start to first answer", Unit::Seconds, starts).aimed(Aim::Within(0.3))];
    let (many, few) = (Served::start(many).await?, Served::start(few).await?);
    let (mut of_many, mut of_few) = (many.line().await?, few.line().await?);
    for route in ROUTES {
        let both = interleaved(
            ROUNDS,
            async || {
                let begun = Instant::now();
                of_many.get(route).await.map(|_| begun.elapsed().as_secs_f64())
            },
            async || {
                let begun = Instant::now();
                of_few.get(route).await.map(|_| begun.elapsed().as_secs_f64())
            },
        )
        .await?;
        findings
            .push(Finding::compared(format!("GET {route}"), Unit::Seconds, both).aimed(Aim::Within(10e-3)));
    }
    many.stop().await?;
    few.stop().await?;
    Ok(findings)
}
