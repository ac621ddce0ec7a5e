//! The host's database, read as another program would read it: by the names of its tables.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value, json};
use std::path::Path;

/// See the module.
pub struct Database {
    connection: Connection,
}

/// The database, locked.
pub(crate) struct Locked(Connection);

impl Drop for Locked {
    fn drop(&mut self) {
        self.0.execute_batch("ROLLBACK").unwrap();
    }
}

impl Database {
    pub(crate) fn open(data: &Path) -> Self {
        let file = data.join("jackfield.db");
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        connection.busy_timeout(crate::PATIENCE).unwrap();
        Self { connection }
    }

    /// Whether nobody holds the database locked for a write.
    pub(crate) fn is_free(data: &Path) -> bool {
        let connection = Connection::open(data.join("jackfield.db")).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_ok()
    }

    /// Locks the database for writes until the result is dropped.
    pub(crate) fn lock(data: &Path) -> Locked {
        let connection = Connection::open(data.join("jackfield.db")).unwrap();
        connection.busy_timeout(crate::PATIENCE).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        Locked(connection)
    }

    /// Every row of a query, by column; JSON columns stay text.
    pub fn rows(&self, sql: &str) -> Vec<Value> {
        let mut statement = self.connection.prepare(sql).unwrap();
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let rows = statement.query_map([], |row| {
            let mut fields = Map::new();
            for (at, column) in columns.iter().enumerate() {
                let value = match row.get_ref(at)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(number) => json!(number),
                    ValueRef::Real(number) => json!(number),
                    ValueRef::Text(text) => json!(String::from_utf8_lossy(text)),
                    ValueRef::Blob(bytes) => json!(jackfield_store::unpack(bytes)),
                };
                fields.insert(column.clone(), value);
            }
            Ok(Value::Object(fields))
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// The only row of a query.
    pub fn row(&self, sql: &str) -> Value {
        let mut rows = self.rows(sql);
        assert_eq!(rows.len(), 1, "{sql}: {rows:#?}");
        rows.remove(0)
    }

    /// The number that a query gives.
    pub fn number(&self, sql: &str) -> i64 {
        self.connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// How many rows a table has.
    pub fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM {table}"))
    }

    /// What the breaker has for all money, today: spent and held, in micro-dollars.
    pub fn breaker(&self) -> (i64, i64) {
        let sum = |column, period: &str| {
            self.number(&format!(
                "SELECT COALESCE(SUM({column}), 0) FROM breaker WHERE scope = 'all' AND period {period}"
            ))
        };
        (sum("spent_billed", "GLOB 'day:*'"), sum("reserved_billed", "= 'ever'"))
    }

    /// What the ledger adds up to: spent and held, in micro-dollars.
    pub fn ledger(&self) -> (i64, i64) {
        let sum = |column| self.number(&format!("SELECT COALESCE(SUM({column}), 0) FROM ledger"));
        (sum("spent_delta"), sum("reserved_delta"))
    }

    /// Fails where the events of any run are not numbered from 1 without a gap.
    pub fn assert_events_without_gap(&self) {
        let gaps = self.rows(
            "SELECT run, MIN(seq) AS first, MAX(seq) AS last, COUNT(*) AS events FROM run_events
             GROUP BY run HAVING first <> 1 OR last <> events",
        );
        assert!(gaps.is_empty(), "{gaps:#?}");
    }
}
