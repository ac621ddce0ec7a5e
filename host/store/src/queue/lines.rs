//! Lines of the queue: the queued runs of one affinity, workspace, list of executors and priority that have, or have
//! not, been started before.
//!
//! Within a line the oldest run is always first. So whoever looks for a run reads the first run of each line, and the
//! cost depends on the number of lines, not on the number of queued runs.

use super::load::Load;
use crate::StoreError;
use crate::file::{Columns, Sql, Tx, count, signed};
use jackfield_sql::Value;
use jackfield_sql::{Connection, Row, params_from_iter};
use jackfield_types::{RunId, WorkspaceId};

/// Greater than any text of a line's key.
const LAST: &str = "\u{10FFFF}";

/// Greater than any time. SQLite looks for the first row that is not less than a key, so the key must be past the line.
const LATEST: i64 = i64::MAX;

/// A queued run: the first of its line, or any other.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) run: RunId,
    pub(super) workspace: WorkspaceId,
    /// The executors as the database holds them.
    wants_text: String,
    pub(super) wants: Vec<String>,
    pub(super) priority: i64,
    /// The run has been started before.
    pub(super) resumed: bool,
    pub(super) queued_ms: i64,
    /// The time at which the workspace was served last.
    pub(super) served_at: String,
}

/// The line to read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The next one.
    Line,
    /// The first one of other executors.
    Executors,
    /// The first one of another workspace.
    Workspace,
}

impl Head {
    /// Reads columns of `runs`, and `served_at` of its workspace.
    pub(super) fn read(row: &Row<'_>) -> jackfield_sql::Result<Self> {
        Ok(Self {
            run: row.parsed("id")?,
            workspace: row.parsed("workspace")?,
            wants_text: row.get("wants")?,
            wants: row.json("wants")?,
            priority: row.get("priority")?,
            resumed: row.get("resumed")?,
            queued_ms: row.get("queued_ms")?,
            served_at: row.get("served_at")?,
        })
    }

    /// The priority at `now`: one more for each period of ageing in the queue.
    pub(super) const fn effective_priority(&self, now: i64, aging: i64) -> i64 {
        self.priority + (now - self.queued_ms) / aging
    }

    /// The order of runs with the same effective priority, but for the time in the queue.
    pub(super) fn rank(&self, load: &Load) -> (bool, u32, &str) {
        (!self.resumed, load.runs(&self.workspace), &self.served_at)
    }
}

/// Calls `visit` with the first run of each line of an affinity, in the order of workspaces and executors.
pub(super) fn visit(
    conn: &Connection,
    affinity: Option<&str>,
    mut visit: impl FnMut(Head) -> Result<Next, StoreError>,
) -> Result<(), StoreError> {
    let of_affinity = if affinity.is_some() { "affinity = ?6" } else { "affinity IS NULL" };
    let sql = format!(
        "SELECT id, workspace, wants, priority, resumed, queued_ms,
                (SELECT served_at FROM workspaces WHERE workspaces.id = runs.workspace) AS served_at
         FROM runs
         WHERE state = 'queued' AND not_before_ms = 0 AND {of_affinity}
           AND (workspace, wants, priority, resumed, queued_ms) > (?1, ?2, ?3, ?4, ?5)
         ORDER BY workspace, wants, priority, resumed, queued_ms, id LIMIT 1"
    );
    let mut after = (String::new(), String::new(), i64::MIN, false);
    loop {
        let mut values = vec![
            Value::from(after.0),
            Value::from(after.1),
            Value::from(after.2),
            Value::from(after.3),
            // A literal would be compared with each row of the line instead of being looked for in the index.
            Value::from(LATEST),
        ];
        values.extend(affinity.map(|affinity| Value::from(affinity.to_owned())));
        let Some(head) = conn.one(&sql, params_from_iter(values), Head::read)? else { return Ok(()) };
        let (workspace, wants) = (head.workspace.to_string(), head.wants_text.clone());
        let (priority, resumed) = (head.priority, head.resumed);
        after = match visit(head)? {
            Next::Line => (workspace, wants, priority, resumed),
            Next::Executors => (workspace, wants, i64::MAX, true),
            Next::Workspace => (workspace, LAST.to_owned(), i64::MAX, true),
        };
    }
}

/// The number of runs of a line that were queued up to a moment and, if a run is given, up to that run. At most `most`.
pub(super) fn count_until(
    conn: &Connection,
    affinity: Option<&str>,
    line: &Head,
    (until, run): (i64, Option<RunId>),
    most: u64,
) -> Result<u64, StoreError> {
    let of_affinity = if affinity.is_some() { "affinity = ?8" } else { "affinity IS NULL" };
    let sql = format!(
        "SELECT COUNT(*) FROM (
             SELECT 1 FROM runs
             WHERE state = 'queued' AND not_before_ms = 0 AND {of_affinity}
               AND workspace = ?1 AND wants = ?2 AND priority = ?3 AND resumed = ?4
               AND (queued_ms, id) < (?5, ?6) LIMIT ?7)"
    );
    let run = run.map_or_else(|| LAST.to_owned(), |run| run.to_string());
    let mut values = vec![
        Value::from(line.workspace.to_string()),
        Value::from(line.wants_text.clone()),
        Value::from(line.priority),
        Value::from(line.resumed),
        Value::from(until),
        Value::from(run),
        Value::from(signed(most)),
    ];
    values.extend(affinity.map(|affinity| Value::from(affinity.to_owned())));
    Ok(count(conn.one(&sql, params_from_iter(values), |row| row.get(0))?.unwrap_or(0)))
}

/// The host instances that the runs of lines are reserved for.
pub(super) fn affinities(conn: &Connection) -> Result<Vec<String>, StoreError> {
    let mut affinities = Vec::<String>::new();
    while let Some(next) = conn.one(
        "SELECT affinity FROM runs WHERE state = 'queued' AND not_before_ms = 0 AND affinity > ?1
         ORDER BY affinity LIMIT 1",
        [affinities.last().map_or("", String::as_str)],
        |row| row.get(0),
    )? {
        affinities.push(next);
    }
    Ok(affinities)
}

/// The host instances that resting runs are reserved for.
pub(super) fn resting_affinities(conn: &Connection) -> Result<Vec<String>, StoreError> {
    conn.all(
        "SELECT DISTINCT affinity FROM runs
         WHERE state = 'queued' AND not_before_ms > 0 AND affinity IS NOT NULL",
        [],
        |row| row.get(0),
    )
}

/// The time since when the oldest queued run waits, in milliseconds since the Unix epoch.
pub(super) fn oldest(conn: &Connection) -> Result<Option<i64>, StoreError> {
    let mut oldest = conn
        .one("SELECT MIN(queued_ms) FROM runs WHERE state = 'queued' AND not_before_ms > 0", [], |row| {
            row.get::<_, Option<i64>>(0)
        })?
        .flatten();
    let mut older = |head: Head| {
        oldest = Some(oldest.map_or(head.queued_ms, |so_far| so_far.min(head.queued_ms)));
        Ok(Next::Line)
    };
    for affinity in affinities(conn)? {
        visit(conn, Some(&affinity), &mut older)?;
    }
    visit(conn, None, &mut older)?;
    Ok(oldest)
}

/// True if the rest of a queued run has ended and the run is not in its line yet.
pub(super) fn has_rested(conn: &Connection, now: i64) -> Result<bool, StoreError> {
    let found = conn.one(
        "SELECT 1 FROM runs WHERE state = 'queued' AND not_before_ms > 0 AND not_before_ms <= ?1 LIMIT 1",
        [now],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Puts the runs whose rest has ended into their lines. Returns their number.
pub(super) fn end_rest(tx: &Tx<'_>, now: i64) -> Result<usize, StoreError> {
    tx.exec(
        "UPDATE runs SET not_before_ms = 0
         WHERE state = 'queued' AND not_before_ms > 0 AND not_before_ms <= ?1",
        [now],
    )
}
