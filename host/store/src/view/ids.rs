//! Ids as people give them: whole, or so much of the beginning that only one fits.

use crate::file::Sql;
use crate::{RecordKind, StoreError};
use jackfield_sql::{Connection, params};
use std::str::FromStr;

/// A prefix shorter than this says next to nothing: ids begin with the time.
const SHORTEST_PREFIX: usize = 6;

/// So many are named when a prefix fits several.
const NAMED: u32 = 5;

/// Where ids of one kind are looked for.
pub(crate) struct Among {
    pub(crate) table: &'static str,
    pub(crate) what: RecordKind,
    /// What holds of those that are of principal `?3`.
    pub(crate) own: &'static str,
}

pub(crate) const RUNS: Among = Among {
    table: "runs",
    what: RecordKind::Run,
    own: "(SELECT principal FROM tasks WHERE tasks.id = runs.task) = ?3",
};
pub(crate) const TASKS: Among = Among { table: "tasks", what: RecordKind::Task, own: "tasks.principal = ?3" };
pub(crate) const HUMAN_TASKS: Among = Among {
    table: "human_tasks",
    what: RecordKind::HumanTask,
    own: "(human_tasks.created_by = ?3
           OR (SELECT principal FROM tasks WHERE tasks.id = human_tasks.task) = ?3)",
};

/// The id that is this one, or the only one that begins so (case does not matter), among those of `principal`, or
/// of everybody.
pub(crate) fn find<T: FromStr>(
    conn: &Connection,
    among: &Among,
    id: &str,
    principal: Option<&str>,
) -> Result<T, StoreError> {
    let Among { table, what, own } = *among;
    let prefix = id.trim().to_ascii_uppercase();
    if prefix.len() < SHORTEST_PREFIX || !prefix.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let why = format!("'{id}' is not a {what} id, nor {SHORTEST_PREFIX} or more of its first characters");
        return Err(StoreError::Misuse(why));
    }
    // A range, so that the primary key is used; '~' sorts behind every character of an id.
    let found = conn.all(
        &format!(
            "SELECT id FROM {table} WHERE id >= ?1 AND id < ?1 || '~' AND (?3 IS NULL OR {own}) ORDER BY id LIMIT ?2"
        ),
        params![prefix, NAMED, principal],
        |row| row.get::<_, String>(0),
    )?;
    match found.as_slice() {
        [] => Err(StoreError::NotFound { what, id: id.trim().to_owned() }),
        [only] => only.parse().map_err(|_| StoreError::Damaged(format!("'{only}' is no {what} id"))),
        _ => Err(StoreError::Ambiguous { prefix, found }),
    }
}
