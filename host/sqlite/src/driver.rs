//! A connection of rusqlite as a [`Driver`]. Its cache holds the prepared statements.

use crate::error::failed;
use jackfield_sql::{Access, Cells, Driver, EachRow, Error, Result, Row, ValueRef};
use rusqlite::types::{self, ToSqlOutput};
use rusqlite::{Connection, ToSql, params_from_iter};

/// An open connection to the file.
pub(crate) struct Conn(pub(crate) Connection);

impl Driver for Conn {
    fn execute(&self, sql: &str, params: &[ValueRef<'_>]) -> Result<usize> {
        let mut statement = self.0.prepare_cached(sql).map_err(failed)?;
        statement.execute(params_from_iter(params.iter().map(Param))).map_err(failed)
    }

    fn query(&self, sql: &str, params: &[ValueRef<'_>], each: &mut EachRow<'_>) -> Result<()> {
        let mut statement = self.0.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query(params_from_iter(params.iter().map(Param))).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            if each(&Row::new(&Line(row)))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn batch(&self, sql: &str) -> Result<()> {
        self.0.execute_batch(sql).map_err(failed)
    }

    fn begin(&self, access: Access) -> Result<()> {
        let sql = match access {
            Access::Read => "BEGIN DEFERRED",
            // Takes the file's write lock first.
            Access::Write => "BEGIN IMMEDIATE",
        };
        self.execute(sql, &[]).map(drop)
    }

    fn commit(&self) -> Result<()> {
        self.execute("COMMIT", &[]).map(drop)
    }

    fn is_open(&self) -> bool {
        !self.0.is_autocommit()
    }

    fn rollback(&self) -> Result<()> {
        if !self.is_open() {
            return Ok(());
        }
        self.execute("ROLLBACK", &[]).map(drop)
    }
}

/// A parameter as rusqlite binds it.
struct Param<'a>(&'a ValueRef<'a>);

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self.0 {
            ValueRef::Null => types::ValueRef::Null,
            ValueRef::Integer(number) => types::ValueRef::Integer(number),
            ValueRef::Real(number) => types::ValueRef::Real(number),
            ValueRef::Text(text) => types::ValueRef::Text(text.as_bytes()),
            ValueRef::Blob(bytes) => types::ValueRef::Blob(bytes),
        }))
    }
}

/// A row as rusqlite has it.
struct Line<'a, 'b>(&'a rusqlite::Row<'b>);

impl Cells for Line<'_, '_> {
    fn position(&self, column: &str) -> Option<usize> {
        self.0.as_ref().column_index(column).ok()
    }

    fn name(&self, position: usize) -> Option<&str> {
        self.0.as_ref().column_name(position).ok()
    }

    fn value(&self, position: usize) -> Result<Option<ValueRef<'_>>> {
        if position >= self.0.as_ref().column_count() {
            return Ok(None);
        }
        Ok(Some(match self.0.get_ref(position).map_err(failed)? {
            types::ValueRef::Null => ValueRef::Null,
            types::ValueRef::Integer(number) => ValueRef::Integer(number),
            types::ValueRef::Real(number) => ValueRef::Real(number),
            types::ValueRef::Blob(bytes) => ValueRef::Blob(bytes),
            types::ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => ValueRef::Text(text),
                Err(_) => {
                    let column = self.name(position).unwrap_or_default();
                    return Err(Error::unreadable(column, ValueRef::Text(&String::from_utf8_lossy(bytes))));
                }
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_sql::{ErrorClass, Value};
    use std::ops::ControlFlow;

    fn memory() -> Conn {
        Conn(Connection::open_in_memory().unwrap())
    }

    /// The first row of a result, as text.
    fn first(conn: &Conn, sql: &str, params: &[ValueRef<'_>], columns: usize) -> Result<Vec<String>> {
        let mut found = Vec::new();
        conn.query(sql, params, &mut |row| {
            found = (0..columns).map(|at| Ok(row.get_ref(at)?.to_string())).collect::<Result<_>>()?;
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }

    #[test]
    fn values_of_every_kind_read_back() {
        let values = [Value::Null, Value::from(-7), Value::from(0.5), Value::from("é\0".to_owned())];
        let mut params: Vec<_> = values.iter().map(Value::as_ref).collect();
        params.push(ValueRef::Blob(&[1, 2, 3]));
        let conn = memory();
        let mut same = false;
        conn.query("SELECT ?1, ?2, ?3, ?4, ?5", &params, &mut |row| {
            let found = (0..5).map(|at| row.get_ref(at)).collect::<Result<Vec<_>>>()?;
            same = found == params;
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
        assert!(same);
    }

    #[test]
    fn wrong_number_of_parameters_is_an_error() {
        assert!(first(&memory(), "SELECT ?1, ?2", &[ValueRef::Null], 1).is_err());
    }

    #[test]
    fn text_that_is_not_utf8_is_reported_with_its_column() {
        let error = first(&memory(), "SELECT CAST(x'ff41' AS TEXT) AS title", &[], 1).unwrap_err();
        let ErrorClass::Unreadable { column, .. } = error.class() else { panic!("{error}") };
        assert_eq!(column, "title");
    }

    #[test]
    fn column_past_the_last_is_an_error() {
        assert!(first(&memory(), "SELECT 1", &[], 2).is_err());
    }

    #[test]
    fn statement_that_changes_rows_changes_all_though_the_caller_reads_one() {
        let conn = memory();
        conn.batch("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3)").unwrap();
        assert_eq!(first(&conn, "UPDATE t SET a = a + 10 RETURNING a", &[], 1).unwrap(), ["11"]);
        assert_eq!(first(&conn, "SELECT SUM(a) FROM t", &[], 1).unwrap(), ["36"]);
        assert_eq!(conn.execute("DELETE FROM t WHERE a > ?1", &[ValueRef::Integer(11)]).unwrap(), 2);
    }

    #[test]
    fn rollback_undoes_and_does_nothing_without_a_transaction() {
        let conn = memory();
        conn.batch("CREATE TABLE t (a PRIMARY KEY)").unwrap();
        conn.rollback().unwrap();
        conn.begin(Access::Write).unwrap();
        conn.execute("INSERT INTO t VALUES (1)", &[]).unwrap();
        let twice = conn.execute("INSERT INTO t VALUES (1)", &[]).unwrap_err();
        assert_eq!(*twice.class(), ErrorClass::Constraint);
        assert!(conn.is_open());
        conn.rollback().unwrap();
        assert!(!conn.is_open());
        assert_eq!(first(&conn, "SELECT COUNT(*) FROM t", &[], 1).unwrap(), ["0"]);
        conn.begin(Access::Write).unwrap();
        conn.execute("INSERT INTO t VALUES (1)", &[]).unwrap();
        conn.commit().unwrap();
        assert_eq!(first(&conn, "SELECT COUNT(*) FROM t", &[], 1).unwrap(), ["1"]);
    }
}
