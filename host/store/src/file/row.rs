//! Between columns and the words of Jackfield: ids, times, states and JSON are text, money is a number.

use crate::StoreError;
use jackfield_types::{Micros, Timestamp};

use jackfield_sql::{Connection, Params, Row, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::ops::ControlFlow;
use std::str::FromStr;

/// A time as it is stored: UTC, and always as many digits, so that text sorts as time does.
pub(crate) fn stamp(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// The hour of a time, UTC: `2026-11-21T10`.
pub(crate) fn hour(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H").to_string()
}

/// A word (a state, a kind, a source) as it is stored, which is as serde writes it.
pub(crate) fn word<T: Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// A count as it is stored. SQLite's numbers are signed.
pub(crate) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count as it is read back.
pub(crate) fn count(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}

/// The column that adds `amount` up as two columns, `NAME` in dollars and `NAME_rest` in micro-dollars: one sum of
/// 64-bit figures does not fit 64 bits, and SQLite would fail. [`Columns::sum`] reads them.
pub(crate) fn summed(amount: &str, name: &str) -> String {
    format!(
        "COALESCE(SUM(({amount}) / 1000000), 0) AS {name}, COALESCE(SUM(({amount}) % 1000000), 0) AS {name}_rest"
    )
}

/// The most that a sum may be before `more` is added to it, so that it does not pass what 64 bits hold:
/// `MIN(sum, ?room) + ?more` saturates, where SQLite would make a fraction of it that no column takes.
pub(crate) fn room(more: Micros) -> i64 {
    i64::MAX - more.0.max(0)
}

/// Statements, prepared once per connection.
pub(crate) trait Sql {
    /// How many rows it changed.
    fn exec(&self, sql: &str, params: impl Params) -> Result<usize, StoreError>;

    /// The first row, if there is one.
    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> jackfield_sql::Result<T>,
    ) -> Result<Option<T>, StoreError>;

    /// All rows.
    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> jackfield_sql::Result<T>,
    ) -> Result<Vec<T>, StoreError>;
}

impl Sql for Connection {
    fn exec(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        Ok(self.execute(sql, &params.values())?)
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> jackfield_sql::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        first(self, sql, &params.values(), read)
    }

    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> jackfield_sql::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut all = Vec::new();
        self.query(sql, &params.values(), &mut |row| {
            all.push(read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(all)
    }
}

/// The first row of a result, if there is one.
pub(super) fn first<T>(
    conn: &Connection,
    sql: &str,
    values: &[ValueRef<'_>],
    read: impl FnOnce(&Row<'_>) -> jackfield_sql::Result<T>,
) -> Result<Option<T>, StoreError> {
    let (mut read, mut found) = (Some(read), None);
    conn.query(sql, values, &mut |row| {
        found = read.take().map(|read| read(row)).transpose()?;
        Ok(ControlFlow::Break(()))
    })?;
    Ok(found)
}

/// Columns by name, as what they mean.
pub(crate) trait Columns {
    fn parsed<T: FromStr>(&self, column: &str) -> jackfield_sql::Result<T>;
    fn parsed_opt<T: FromStr>(&self, column: &str) -> jackfield_sql::Result<Option<T>>;
    fn word<T: DeserializeOwned>(&self, column: &str) -> jackfield_sql::Result<T>;
    fn word_opt<T: DeserializeOwned>(&self, column: &str) -> jackfield_sql::Result<Option<T>>;
    fn json<T: DeserializeOwned>(&self, column: &str) -> jackfield_sql::Result<T>;
    fn json_opt<T: DeserializeOwned>(&self, column: &str) -> jackfield_sql::Result<Option<T>>;
    fn micros(&self, column: &str) -> jackfield_sql::Result<Micros>;
    /// A sum of [`summed`], at most what 64 bits hold.
    fn sum(&self, name: &str) -> jackfield_sql::Result<Micros>;
    fn count(&self, column: &str) -> jackfield_sql::Result<u64>;
}

impl Columns for Row<'_> {
    fn parsed<T: FromStr>(&self, column: &str) -> jackfield_sql::Result<T> {
        let text: String = self.get(column)?;
        text.parse().map_err(|_| unreadable(column, &text))
    }

    fn parsed_opt<T: FromStr>(&self, column: &str) -> jackfield_sql::Result<Option<T>> {
        let text: Option<String> = self.get(column)?;
        text.map(|text| text.parse().map_err(|_| unreadable(column, &text))).transpose()
    }

    fn word<T: DeserializeOwned>(&self, column: &str) -> jackfield_sql::Result<T> {
        let text: String = self.get(column)?;
        serde_json::from_value(Value::String(text.clone())).map_err(|_| unreadable(column, &text))
    }

    fn word_opt<T: DeserializeOwned>(&self, column: &str) -> jackfield_sql::Result<Option<T>> {
        if self.get_ref(column)?.is_null() { Ok(None) } else { self.word(column).map(Some) }
    }

    fn json<T: DeserializeOwned>(&self, column: &str) -> jackfield_sql::Result<T> {
        let text: String = self.get(column)?;
        serde_json::from_str(&text).map_err(|_| unreadable(column, &text))
    }

    fn json_opt<T: DeserializeOwned>(&self, column: &str) -> jackfield_sql::Result<Option<T>> {
        if self.get_ref(column)?.is_null() { Ok(None) } else { self.json(column).map(Some) }
    }

    fn micros(&self, column: &str) -> jackfield_sql::Result<Micros> {
        self.get(column).map(Micros)
    }

    fn sum(&self, name: &str) -> jackfield_sql::Result<Micros> {
        let (dollars, rest): (i64, i64) = (self.get(name)?, self.get(format!("{name}_rest").as_str())?);
        let all = i128::from(dollars) * 1_000_000 + i128::from(rest);
        let most = if all < 0 { i64::MIN } else { i64::MAX };
        Ok(Micros(i64::try_from(all).unwrap_or(most)))
    }

    fn count(&self, column: &str) -> jackfield_sql::Result<u64> {
        self.get(column).map(count)
    }
}

pub(super) fn unreadable(column: &str, text: &str) -> jackfield_sql::Error {
    jackfield_sql::Error::unreadable(column, ValueRef::Text(text))
}
