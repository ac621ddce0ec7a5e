//! Claims: the next run of the queue.
//!
//! The order: effective priority (the priority, plus one for each ageing period in the queue), then runs that have
//! started before, then the workspace with the fewest running runs that was served longest ago, then the oldest. So
//! one workspace with a thousand runs does not block another one, and every run gets its turn.

use super::lines::{self, Head, Next};
use super::load::Load;
use super::offer::{Caps, Offer};
use super::{milliseconds, whole};
use crate::file::{Columns, Exact, Sql, Tx, pack, stamp};
use crate::handles::Queue;
use crate::life::states;
use crate::{Hold, StoreError};
use jackfield_sql::{Connection, params};
use jackfield_types::{AttemptId, RunState, WorkspaceId};
use serde_json::json;
use std::cmp::Reverse;
use std::collections::HashSet;

/// A claimed run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The run, with the claim that is in force.
    pub hold: Hold,
    /// The attempts of its round, which run in parallel.
    pub attempts: Vec<AttemptId>,
}

/// What a reader of the queue finds for a worker.
enum Found {
    Nothing,
    /// The rest of a run has ended: only a writer can put it into its line.
    Rested,
    Run(Head),
}

impl Queue<'_> {
    /// Claims the next run for the worker. `None` if it can take none now.
    pub async fn claim(self, offer: Offer, caps: Caps) -> Result<Option<Claimed>, StoreError> {
        if offer.free == 0 {
            return Ok(None);
        }
        // Most calls find nothing, and need not wait for the writer.
        let now = milliseconds(self.0.clock().now());
        let (asked, allowed, here) = (offer.clone(), caps.clone(), self.0.machine().to_owned());
        let machine = here.clone();
        let look = move |conn: &Connection| look(conn, &Claim::of(conn, &asked, &allowed, &here)?, now);
        let found = match self.0.read(look).await? {
            Found::Nothing => return Ok(None),
            Found::Rested => None,
            Found::Run(head) => Some(head),
        };
        self.0
            .write(move |tx| {
                let now = milliseconds(tx.now);
                let rested = lines::end_rest(tx, now)? > 0;
                let claim = Claim::of(tx, &offer, &caps, &machine)?;
                let first = match &found {
                    // Nobody has claimed it since, so it is still the first of its line.
                    Some(head) if !rested && claim.may_take(tx, head)? => Some(head.clone()),
                    _ => claim.next(tx, now)?,
                };
                first.map(|head| take(tx, &head, &offer)).transpose()
            })
            .await
    }
}

fn look(conn: &Connection, claim: &Claim<'_>, now: i64) -> Result<Found, StoreError> {
    if lines::has_rested(conn, now)? {
        return Ok(Found::Rested);
    }
    Ok(claim.next(conn, now)?.map_or(Found::Nothing, Found::Run))
}

fn take(tx: &Tx<'_>, found: &Head, offer: &Offer) -> Result<Claimed, StoreError> {
    let run = found.run.to_string();
    let epoch = tx.one(
        "UPDATE runs SET worker = ?2, epoch = epoch + 1 WHERE id = ?1 RETURNING epoch",
        params![run, offer.worker.to_string()],
        |row| row.count("epoch"),
    )?;
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
    let identity = offer.elsewhere.then(|| pack(&json!({ "worker": offer.worker }).to_string()));
    tx.exec(
        "UPDATE attempts SET host = ?2, identity = ?3 WHERE run = ?1 AND state <> 'settled'",
        params![run, Exact(&offer.holder), identity],
    )?;
    Ok(Claimed { hold: Hold { run: found.run, epoch: epoch.unwrap_or(0) }, attempts })
}

/// A worker's claim under the limits, as they stand.
struct Claim<'a> {
    offer: &'a Offer,
    caps: &'a Caps,
    load: Load,
    /// Free slots, within the limit of this machine.
    room: u32,
    /// The workspaces of the worker; `None`: all.
    workspaces: Option<HashSet<WorkspaceId>>,
}

impl<'a> Claim<'a> {
    fn of(conn: &Connection, offer: &'a Offer, caps: &'a Caps, machine: &str) -> Result<Self, StoreError> {
        let load = Load::of(conn, machine)?;
        let room = caps.local.map_or(offer.free, |most| offer.free.min(most.saturating_sub(load.local)));
        let workspaces = offer.workspaces.as_ref().map(|list| list.iter().copied().collect());
        Ok(Self { offer, caps, load, room, workspaces })
    }

    /// The first run in the queue that exceeds no limit and that the worker can execute.
    fn next(&self, conn: &Connection, now: i64) -> Result<Option<Head>, StoreError> {
        if self.room == 0 {
            return Ok(None);
        }
        let aging = whole(self.caps.aging).max(1);
        let mut first: Option<Head> = None;
        let is_before = |one: &Head, other: &Head| {
            let priority = |head: &Head| Reverse(head.effective_priority(now, aging));
            (priority(one), one.rank(&self.load), one.queued_ms, one.run)
                < (priority(other), other.rank(&self.load), other.queued_ms, other.run)
        };
        let mut compare = |head: Head| {
            if !self.workspace_is_open(&head.workspace) {
                return Ok(Next::Workspace);
            }
            if !self.has_room_for(&head.wants) {
                return Ok(Next::Executors);
            }
            if first.as_ref().is_none_or(|first| is_before(&head, first)) {
                first = Some(head);
            }
            Ok(Next::Line)
        };
        lines::visit(conn, Some(&self.offer.holder), &mut compare)?;
        if !self.offer.only_own {
            lines::visit(conn, None, &mut compare)?;
        }
        Ok(first)
    }

    /// True if a run that was found by a reader can still be claimed.
    fn may_take(&self, conn: &Connection, head: &Head) -> Result<bool, StoreError> {
        if self.room == 0 || !self.workspace_is_open(&head.workspace) || !self.has_room_for(&head.wants) {
            return Ok(false);
        }
        let queued = conn.one(
            "SELECT 1 FROM runs WHERE id = ?1 AND state = 'queued' AND not_before_ms = 0 AND queued_ms = ?2
               AND (affinity IS NULL OR affinity = ?3)",
            params![head.run.to_string(), head.queued_ms, self.offer.holder],
            |_| Ok(()),
        )?;
        Ok(queued.is_some())
    }

    /// True if the worker works in the workspace, and the workspace has not reached its limit.
    fn workspace_is_open(&self, workspace: &WorkspaceId) -> bool {
        self.workspaces.as_ref().is_none_or(|own| own.contains(workspace))
            && self.caps.workspaces.get(workspace).is_none_or(|most| self.load.workspace(workspace) < *most)
    }

    /// True if the worker has the executors of a round, and each of them a free slot.
    fn has_room_for(&self, wants: &[String]) -> bool {
        self.offer.executors.as_ref().is_none_or(|has| wants.iter().all(|want| has.contains(want)))
            && wants.iter().all(|want| self.load.executor_has_room(self.caps, want, wants))
            // A round with more attempts than slots starts when nothing else runs.
            && (count(wants) <= self.room || self.load.is_idle())
    }
}

fn count(wants: &[String]) -> u32 {
    u32::try_from(wants.len()).unwrap_or(u32::MAX)
}
