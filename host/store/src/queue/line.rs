//! The position of a run in the queue, and the running attempts.

use super::lines::{self, Head, Next};
use super::load::Load;
use super::{Caps, milliseconds, whole};
use crate::StoreError;
use crate::file::{Columns, Counted, Sql, count, total};
use crate::handles::Queue;
use jackfield_types::{RunId, RunState, Timestamp, WorkspaceId};
use rusqlite::{Connection, params};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The position of a run in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InLine {
    /// 1 is next. Runs ahead are counted up to [`InLine::MOST_AHEAD`]: a greater position is one more than that.
    pub position: u32,
    /// The length of the queue.
    pub of: u32,
    /// The run does not start before this time.
    pub not_before: Option<Timestamp>,
    /// The executors that it waits for.
    pub wants: Vec<String>,
}

/// The number of running attempts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Attempts on this machine.
    pub local: u32,
    /// Attempts in all.
    pub all: u32,
    /// Attempts of each executor.
    pub executors: BTreeMap<String, u32>,
}

impl InLine {
    /// Most runs ahead of a run that are counted.
    pub const MOST_AHEAD: u32 = 10_000;
}

impl Queue<'_> {
    /// Returns the position of a run in the queue; `None` if it is not queued.
    pub async fn backlog(self, run: RunId, caps: &Caps) -> Result<Option<InLine>, StoreError> {
        let (now, aging) = (milliseconds(self.0.clock().now()), whole(caps.aging).max(1));
        self.0
            .read(move |conn| {
                let Some(queued) = Queued::of(conn, run)? else { return Ok(None) };
                let of = total(conn, Counted::Runs(RunState::Queued))?;
                let ahead = if queued.not_before_ms > now {
                    of.saturating_sub(queued.resting_after(conn)? + 1)
                } else {
                    queued.ahead(conn, now, aging)?
                };
                Ok(Some(InLine {
                    position: u32::try_from(ahead + 1).unwrap_or(u32::MAX),
                    of: u32::try_from(of).unwrap_or(u32::MAX),
                    not_before: Timestamp::from_millisecond(queued.not_before_ms)
                        .ok()
                        .filter(|_| queued.not_before_ms > now),
                    wants: queued.wants,
                }))
            })
            .await
    }

    /// Returns the number of running attempts.
    pub async fn occupancy(self) -> Result<Occupancy, StoreError> {
        self.0
            .read(|conn| {
                let Load { local, all, executors, .. } = Load::of(conn)?;
                Ok(Occupancy { local, all, executors })
            })
            .await
    }
}

/// A queued run.
struct Queued {
    run: RunId,
    workspace: WorkspaceId,
    wants: Vec<String>,
    priority: i64,
    resumed: bool,
    queued_ms: i64,
    not_before_ms: i64,
    served_at: String,
}

impl Queued {
    fn of(conn: &Connection, run: RunId) -> Result<Option<Self>, StoreError> {
        conn.one(
            "SELECT runs.*, workspaces.served_at FROM runs JOIN workspaces ON workspaces.id = runs.workspace
             WHERE runs.id = ?1 AND runs.state = 'queued'",
            [run.to_string()],
            |row| {
                Ok(Self {
                    run,
                    workspace: row.parsed("workspace")?,
                    wants: row.json("wants")?,
                    priority: row.get("priority")?,
                    resumed: row.get("resumed")?,
                    queued_ms: row.get("queued_ms")?,
                    not_before_ms: row.get("not_before_ms")?,
                    served_at: row.get("served_at")?,
                })
            },
        )
    }

    /// The number of queued runs that rest for longer than this one.
    fn resting_after(&self, conn: &Connection) -> Result<u64, StoreError> {
        let found = conn.one(
            "SELECT COUNT(*) FROM (SELECT 1 FROM runs WHERE state = 'queued' AND not_before_ms > 0
                                   AND (not_before_ms, id) > (?1, ?2) LIMIT ?3)",
            params![self.not_before_ms, self.run.to_string(), InLine::MOST_AHEAD],
            |row| row.get(0),
        )?;
        Ok(count(found.unwrap_or(0)))
    }

    /// The number of runs in the lines that are claimed before this one, up to [`InLine::MOST_AHEAD`].
    fn ahead(&self, conn: &Connection, now: i64, aging: i64) -> Result<u64, StoreError> {
        let load = Load::of(conn)?;
        let effective = self.priority + (now - self.queued_ms) / aging;
        let mut ahead = 0;
        let mut count_line = |affinity: Option<&str>, head: &Head| {
            let left = u64::from(InLine::MOST_AHEAD).saturating_sub(ahead);
            // The last moment at which a run of the line was queued that has a greater, and an equal priority by now.
            let greater = now.saturating_sub((effective + 1 - head.priority).max(0).saturating_mul(aging));
            let equal = now.saturating_sub((effective - head.priority).max(0).saturating_mul(aging));
            let place = |resumed: bool, workspace: &WorkspaceId, served_at: &str| {
                (!resumed, load.runs(workspace), served_at.to_owned())
            };
            let until = match place(head.resumed, &head.workspace, &head.served_at).cmp(&place(
                self.resumed,
                &self.workspace,
                &self.served_at,
            )) {
                Ordering::Less => (equal, None),
                Ordering::Greater => (greater, None),
                Ordering::Equal if self.queued_ms <= greater => (greater, None),
                Ordering::Equal if self.queued_ms <= equal => (self.queued_ms, Some(self.run)),
                Ordering::Equal => (equal, None),
            };
            ahead += lines::count_until(conn, affinity, head, until, left)?;
            Ok(Next::Line)
        };
        for affinity in lines::affinities(conn)? {
            lines::visit(conn, Some(&affinity), |head| count_line(Some(&affinity), &head))?;
        }
        lines::visit(conn, None, |head| count_line(None, &head))?;
        Ok(ahead)
    }
}
