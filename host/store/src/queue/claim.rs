//! Claims: the next run of the queue.
//!
//! The order: effective priority (the priority, plus one for each ageing period in the queue), then runs that have
//! started before, then the workspace with the fewest running runs that was served longest ago, then the oldest. So
//! one workspace with a thousand runs does not block another one, and every run gets its turn.

use super::{milliseconds, whole};
use crate::StoreError;
use crate::file::{Columns, Exact, Sql, Tx, stamp};
use crate::handles::Queue;
use crate::life::states;
use jackfield_types::{AttemptId, RunId, RunState, WorkerId, WorkspaceId};
use rusqlite::{Connection, params};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// The capacity that a worker offers.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The worker.
    pub worker: WorkerId,
    /// The holder of its attempts: a host instance, or the worker itself.
    pub holder: String,
    /// Its free slots.
    pub free: u32,
    /// Its executors; `None` if it has those of the host.
    pub executors: Option<Vec<String>>,
    /// Its workspaces; `None` if it works in all.
    pub workspaces: Option<Vec<WorkspaceId>>,
    /// Claim only runs that are reserved for it by affinity.
    pub only_own: bool,
    /// It is remote: its attempts are known only from its reports.
    pub elsewhere: bool,
}

/// Limits of parallel attempts.
#[derive(Debug, Clone, Default)]
pub struct Caps {
    /// On this machine; a remote worker has its own slots.
    pub local: Option<u32>,
    /// Of each executor named here, on all workers.
    pub executors: BTreeMap<String, u32>,
    /// Of any other executor.
    pub executor: u32,
    /// In each workspace named here.
    pub workspaces: BTreeMap<WorkspaceId, u32>,
    /// The time in the queue that raises a run's priority by one.
    pub aging: Duration,
}

/// A claimed run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The run.
    pub run: RunId,
    /// The attempts of its round, which run in parallel.
    pub attempts: Vec<AttemptId>,
}

struct Waiting {
    run: RunId,
    workspace: WorkspaceId,
}

impl Queue<'_> {
    /// Claims the next run for the worker. `None` if it can take none now.
    pub async fn claim(self, offer: Offer, caps: Caps) -> Result<Option<Claimed>, StoreError> {
        if offer.free == 0 {
            return Ok(None);
        }
        // Most calls find nothing, and need not wait for the writer.
        let now = milliseconds(self.0.clock().now());
        let (asked, allowed) = (offer.clone(), caps.clone());
        if self.0.read(move |conn| next(conn, &asked, &allowed, now)).await?.is_none() {
            return Ok(None);
        }
        self.0
            .write(move |tx| {
                let Some(found) = next(tx, &offer, &caps, milliseconds(tx.now))? else { return Ok(None) };
                take(tx, &found, &offer).map(Some)
            })
            .await
    }
}

fn take(tx: &Tx<'_>, found: &Waiting, offer: &Offer) -> Result<Claimed, StoreError> {
    let run = found.run.to_string();
    tx.exec("UPDATE runs SET worker = ?2 WHERE id = ?1", params![run, offer.worker.to_string()])?;
    states::run_becomes(tx, found.run, RunState::Running, None)?;
    tx.exec(
        "UPDATE workspaces SET served_at = ?2 WHERE id = ?1",
        params![found.workspace.to_string(), stamp(tx.now)],
    )?;
    let attempts = tx.all(
        "SELECT id FROM attempts WHERE run = ?1 AND state <> 'settled' ORDER BY number",
        [&run],
        |row| row.parsed("id"),
    )?;
    // From here on the remote worker may have started the attempt, so it never starts here.
    let identity = offer.elsewhere.then(|| json!({ "worker": offer.worker }).to_string());
    tx.exec(
        "UPDATE attempts SET host = ?2, identity = ?3 WHERE run = ?1 AND state <> 'settled'",
        params![run, Exact(&offer.holder), Exact(identity)],
    )?;
    Ok(Claimed { run: found.run, attempts })
}

/// The first run in the queue that exceeds no limit and that the worker can execute.
fn next(conn: &Connection, offer: &Offer, caps: &Caps, now: i64) -> Result<Option<Waiting>, StoreError> {
    let load = Load::of(conn)?;
    let room = caps.local.map_or(offer.free, |most| offer.free.min(most.saturating_sub(load.local)));
    if room == 0 {
        return Ok(None);
    }
    let waiting = conn.all("SELECT DISTINCT wants FROM runs WHERE state = 'queued'", [], |row| {
        Ok((row.get::<_, String>("wants")?, row.json::<Vec<String>>("wants")?))
    })?;
    let takes = |wants: &[String]| {
        offer.executors.as_ref().is_none_or(|has| wants.iter().all(|want| has.contains(want)))
            && wants.iter().all(|want| load.executor_has_room(caps, want, wants))
            // A round with more attempts than slots starts when nothing else runs.
            && (count(wants) <= room || load.is_idle())
    };
    let possible: Vec<String> =
        waiting.into_iter().filter(|(_, wants)| takes(wants)).map(|(text, _)| text).collect();
    if possible.is_empty() {
        return Ok(None);
    }
    let full: Vec<String> = caps
        .workspaces
        .iter()
        .filter(|(workspace, most)| load.workspace(workspace) >= **most)
        .map(|(workspace, _)| workspace.to_string())
        .collect();
    let mine: Option<Vec<String>> =
        offer.workspaces.as_ref().map(|list| list.iter().map(WorkspaceId::to_string).collect());
    conn.one(
        &format!("{ORDERED} LIMIT 1"),
        params![
            now,
            whole(caps.aging).max(1),
            offer.holder,
            offer.only_own,
            json!(possible).to_string(),
            json!(full).to_string(),
            mine.map(|list| json!(list).to_string()),
        ],
        |row| Ok(Waiting { run: row.parsed("id")?, workspace: row.parsed("workspace")? }),
    )
}

/// `?1` now, `?2` ageing, `?3` holder, `?4` only its own, `?5` executors that can be taken, `?6` full workspaces, `?7`
/// the worker's workspaces.
const ORDERED: &str = "
    WITH busy AS (SELECT workspace, COUNT(*) AS runs FROM runs WHERE state = 'running' GROUP BY workspace)
    SELECT runs.id, runs.workspace
    FROM runs JOIN workspaces ON workspaces.id = runs.workspace
    LEFT JOIN busy ON busy.workspace = runs.workspace
    WHERE runs.state = 'queued' AND runs.not_before_ms <= ?1
      AND (runs.affinity = ?3 OR (runs.affinity IS NULL AND NOT ?4))
      AND runs.wants IN (SELECT value FROM json_each(?5))
      AND runs.workspace NOT IN (SELECT value FROM json_each(?6))
      AND (?7 IS NULL OR runs.workspace IN (SELECT value FROM json_each(?7)))
    ORDER BY runs.priority + (?1 - runs.queued_ms) / ?2 DESC, runs.started_at IS NULL,
             COALESCE(busy.runs, 0), workspaces.served_at, runs.queued_ms, runs.id";

fn count(wants: &[String]) -> u32 {
    u32::try_from(wants.len()).unwrap_or(u32::MAX)
}

/// The running attempts.
pub(super) struct Load {
    pub(super) local: u32,
    pub(super) all: u32,
    pub(super) executors: BTreeMap<String, u32>,
    pub(super) workspaces: BTreeMap<String, u32>,
}

impl Load {
    pub(super) fn of(conn: &Connection) -> Result<Self, StoreError> {
        let rows = conn.all(
            "SELECT runs.workspace, attempts.executor, COALESCE(workers.kind, 'local') = 'local' AS local,
                    COUNT(*) AS attempts
             FROM runs JOIN attempts ON attempts.run = runs.id AND attempts.state <> 'settled'
             LEFT JOIN workers ON workers.id = runs.worker
             WHERE runs.state = 'running' GROUP BY 1, 2, 3",
            [],
            |row| {
                let (workspace, executor): (String, String) = (row.get(0)?, row.get(1)?);
                Ok((workspace, executor, row.get::<_, bool>(2)?, row.get::<_, u32>(3)?))
            },
        )?;
        let mut load = Self { local: 0, all: 0, executors: BTreeMap::new(), workspaces: BTreeMap::new() };
        for (workspace, executor, local, attempts) in rows {
            load.all += attempts;
            load.local += if local { attempts } else { 0 };
            *load.executors.entry(executor).or_default() += attempts;
            *load.workspaces.entry(workspace).or_default() += attempts;
        }
        Ok(load)
    }

    const fn is_idle(&self) -> bool {
        self.all == 0
    }

    fn workspace(&self, workspace: &WorkspaceId) -> u32 {
        self.workspaces.get(&workspace.to_string()).copied().unwrap_or(0)
    }

    /// A round that needs more slots of an executor than it has starts when none of them is busy.
    fn executor_has_room(&self, caps: &Caps, executor: &str, wants: &[String]) -> bool {
        let most = caps.executors.get(executor).copied().unwrap_or(caps.executor).max(1);
        let busy = self.executors.get(executor).copied().unwrap_or(0);
        let wanted = u32::try_from(wants.iter().filter(|want| *want == executor).count()).unwrap_or(u32::MAX);
        busy == 0 || busy.saturating_add(wanted) <= most
    }
}
