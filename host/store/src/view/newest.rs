//! The newest records of a list: one look into an index for each state, whatever is on record.

use crate::StoreError;
use crate::file::Sql;
use jackfield_sql::Value;
use jackfield_sql::{Connection, params_from_iter};
use std::ops::ControlFlow;
use std::str::FromStr;

/// Records that are looked at for one page, if a filter is not in an index.
const EXAMINED: usize = 5_000;
/// Records that are looked up at once among them.
const STEP: usize = 500;

/// Which records of a table to list, newest first.
pub(super) struct Newest {
    /// A table whose records have an `id` and a `state`.
    pub(super) table: &'static str,
    /// The states to look for.
    pub(super) states: Vec<&'static str>,
    /// Columns, and the values to look for. Each is the first column of an index that goes on with the state.
    pub(super) columns: [(&'static str, Option<String>); 2],
    /// Records older than this one.
    pub(super) before: Option<String>,
    /// At most this many records.
    pub(super) limit: u32,
}

impl Newest {
    /// The ids, newest first.
    pub(super) fn ids<T: FromStr>(&self, conn: &Connection) -> Result<Vec<T>, StoreError> {
        let mut sql = format!("SELECT id FROM {} WHERE state = ?1", self.table);
        let columns = self.columns.iter().filter_map(|(column, value)| Some((column, value.clone()?)));
        let mut looked_for = Vec::new();
        for (column, value) in columns {
            sql.push_str(&format!(" AND {column} = ?{}", looked_for.len() + 4));
            looked_for.push(Value::from(value));
        }
        sql.push_str(" AND id < ?2 ORDER BY id DESC LIMIT ?3");
        let mut newest = Vec::new();
        for state in &self.states {
            // Greater than any id.
            let before = self.before.as_deref().unwrap_or("~");
            let mut values = vec![
                Value::from((*state).to_owned()),
                Value::from(before.to_owned()),
                Value::from(self.limit),
            ];
            values.extend_from_slice(&looked_for);
            newest.extend(conn.all(&sql, params_from_iter(values), |row| row.get::<_, String>(0))?);
        }
        newest.sort_unstable_by(|one, other| other.cmp(one));
        newest.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX));
        newest
            .into_iter()
            .map(|id| {
                id.parse().map_err(|_| StoreError::Damaged(format!("'{id}' is no id of {}", self.table)))
            })
            .collect()
    }
}

/// One page of a list, newest first.
pub(super) struct Walk<I> {
    /// Records older than this one.
    pub(super) before: Option<I>,
    /// At most this many lines.
    pub(super) most: usize,
    /// Whether an index finds the lines, so that each record that is looked at is one.
    pub(super) is_indexed: bool,
}

impl<I: Copy> Walk<I> {
    /// Reads the page. `ids` returns the newest ids before one, `line` the line of a record: none if it is not in the list,
    /// a break if the list ends before it. Returns the lines, and the record before which the list goes on.
    pub(super) fn page<T>(
        self,
        ids: impl Fn(Option<I>, usize) -> Result<Vec<I>, StoreError>,
        line: impl Fn(I) -> Result<ControlFlow<(), Option<T>>, StoreError>,
    ) -> Result<(Vec<T>, Option<I>), StoreError> {
        let Self { mut before, most, is_indexed } = self;
        let wanted = if is_indexed { most } else { STEP };
        let (mut lines, mut examined) = (Vec::new(), 0);
        loop {
            let found = ids(before, wanted)?;
            let is_end = found.len() < wanted;
            for id in found {
                match line(id)? {
                    ControlFlow::Break(()) => return Ok((lines, None)),
                    ControlFlow::Continue(line) => lines.extend(line),
                }
                before = Some(id);
                examined += 1;
                if lines.len() >= most || (examined >= EXAMINED && !is_indexed) {
                    return Ok((lines, before));
                }
            }
            if is_end {
                return Ok((lines, None));
            }
        }
    }
}
