//! The position of a run in the queue, and the running attempts.

use super::lines::{self, Head, Next};
use super::load::Load;
use super::{Caps, milliseconds, whole};
use crate::StoreError;
use crate::file::{Counted, Sql, count, total};
use crate::handles::Queue;
use jackfield_sql::{Connection, params};
use jackfield_types::{RunId, RunState, Timestamp};
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

impl Occupancy {
    /// `machine`: whose local workers count as local.
    pub(crate) fn of(conn: &Connection, machine: &str) -> Result<Self, StoreError> {
        let Load { local, all, executors, .. } = Load::of(conn, machine)?;
        Ok(Self { local, all, executors })
    }
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
                let ahead = queued.ahead(conn, now, aging)?;
                let rest = queued.not_before_ms;
                Ok(Some(InLine {
                    position: u32::try_from(ahead + 1).unwrap_or(u32::MAX),
                    of: u32::try_from(of).unwrap_or(u32::MAX),
                    not_before: Timestamp::from_millisecond(rest).ok().filter(|_| rest > now),
                    wants: queued.head.wants,
                }))
            })
            .await
    }

    /// Returns the number of running attempts.
    pub async fn occupancy(self) -> Result<Occupancy, StoreError> {
        let machine = self.0.machine().to_owned();
        self.0.read(move |conn| Occupancy::of(conn, &machine)).await
    }
}

/// A queued run, in its line or resting.
struct Queued {
    head: Head,
    not_before_ms: i64,
}

impl Queued {
    fn of(conn: &Connection, run: RunId) -> Result<Option<Self>, StoreError> {
        conn.one(
            "SELECT runs.*, workspaces.served_at FROM runs JOIN workspaces ON workspaces.id = runs.workspace
             WHERE runs.id = ?1 AND runs.state = 'queued'",
            [run.to_string()],
            |row| Ok(Self { head: Head::read(row)?, not_before_ms: row.get("not_before_ms")? }),
        )
    }

    /// The number of runs that are claimed before this one, up to [`InLine::MOST_AHEAD`]. A resting run comes after all
    /// lines, and after the runs whose rest ends earlier.
    fn ahead(&self, conn: &Connection, now: i64, aging: i64) -> Result<u64, StoreError> {
        let rests = self.not_before_ms > now;
        // Which runs are local does not matter here.
        let load = Load::of(conn, "")?;
        let mut ahead = if rests { self.resting_before(conn)? } else { 0 };
        let mut count_line = |affinity: Option<&str>, head: &Head| {
            let left = u64::from(InLine::MOST_AHEAD).saturating_sub(ahead);
            let until = if rests { (now, None) } else { self.claimed_until(head, &load, now, aging) };
            ahead += lines::count_until(conn, affinity, head, until, left)?;
            Ok(Next::Line)
        };
        for affinity in lines::affinities(conn)? {
            lines::visit(conn, Some(&affinity), |head| count_line(Some(&affinity), &head))?;
        }
        lines::visit(conn, None, |head| count_line(None, &head))?;
        Ok(ahead)
    }

    /// The number of queued runs whose rest ends before that of this one, up to [`InLine::MOST_AHEAD`].
    fn resting_before(&self, conn: &Connection) -> Result<u64, StoreError> {
        let found = conn.one(
            "SELECT COUNT(*) FROM (
                 SELECT 1 FROM runs
                 WHERE state = 'queued' AND not_before_ms > 0 AND (not_before_ms, id) < (?1, ?2) LIMIT ?3)",
            params![self.not_before_ms, self.head.run.to_string(), InLine::MOST_AHEAD],
            |row| row.get(0),
        )?;
        Ok(count(found.unwrap_or(0)))
    }

    /// The last place in a line that is claimed before this run: a time in the queue, and a run queued at that time.
    fn claimed_until(&self, line: &Head, load: &Load, now: i64, aging: i64) -> (i64, Option<RunId>) {
        let own = &self.head;
        let effective = own.effective_priority(now, aging);
        // A run of the line that was queued until then has a priority of at least `priority` by now.
        let has = |priority: i64| now.saturating_sub((priority - line.priority).max(0).saturating_mul(aging));
        let (greater, equal) = (has(effective + 1), has(effective));
        match line.rank(load).cmp(&own.rank(load)) {
            Ordering::Less => (equal, None),
            Ordering::Greater => (greater, None),
            Ordering::Equal if own.queued_ms <= greater => (greater, None),
            Ordering::Equal if own.queued_ms <= equal => (own.queued_ms, Some(own.run)),
            Ordering::Equal => (equal, None),
        }
    }
}
