//! The file as a [`Backend`].

use crate::connect::connect;
use crate::error::unusable;
use crate::folder::{prepare, refuse_emptied};
use crate::identity::Identity;
use crate::{backup, compact, schema};
use jackfield_sql::{Backend, BackendError, Connection, Error, Space};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a backup and a whole `VACUUM` wait for other writers.
const WAIT: Duration = Duration::from_secs(15);

/// How long truncating the log waits for readers and writers, which blocks them no longer.
const TRIM_WAIT: Duration = Duration::from_millis(200);

/// The file `jackfield.db` in a data folder.
#[derive(Debug)]
pub struct Sqlite {
    file: PathBuf,
    /// The identity of the file at the time of opening.
    identity: Identity,
    busy_timeout: Duration,
}

impl Sqlite {
    /// Creates the folder and the file if they are missing (0700 and 0600), and restricts their permissions to them.
    /// Connections wait `busy_timeout` for other processes.
    pub fn open(folder: &Path, busy_timeout: Duration) -> Result<Self, BackendError> {
        let file = prepare(folder)?;
        refuse_emptied(folder, &file)?;
        Ok(Self { identity: Identity::of(&file)?, file, busy_timeout })
    }
}

impl Backend for Sqlite {
    fn place(&self) -> &Path {
        &self.file
    }

    fn writer(&self) -> Result<Connection, BackendError> {
        Ok(Connection::new(connect(&self.file, self.busy_timeout)?))
    }

    fn reader(&self) -> Result<Connection, BackendError> {
        let conn = connect(&self.file, self.busy_timeout)?;
        conn.0.pragma_update(None, "query_only", true).map_err(unusable)?;
        Ok(Connection::new(conn))
    }

    fn migrate(&self, conn: &Connection, migrations: &[&str]) -> Result<(), BackendError> {
        schema::migrate(conn, migrations)
    }

    fn check(&self) -> Result<(), BackendError> {
        self.identity.check(&self.file)
    }

    fn space(&self, conn: &Connection) -> Result<Space, Error> {
        compact::space(conn)
    }

    fn give_back(&self, conn: &Connection, pages: u64) -> Result<(), Error> {
        compact::give_back(conn, pages)
    }

    fn trim_log(&self) -> Result<(), BackendError> {
        Ok(compact::trim_log(&connect(&self.file, TRIM_WAIT)?)?)
    }

    fn compact(&self) -> Result<(), BackendError> {
        Ok(compact::vacuum(&connect(&self.file, WAIT)?)?)
    }

    fn backup(&self, to: &Path) -> Result<u64, BackendError> {
        backup::copy(&connect(&self.file, WAIT)?.0, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_sql::{Access, ErrorClass, Result};
    use std::ops::ControlFlow;

    const FIRST: &str = "CREATE TABLE notes (text TEXT)";
    const SECOND: &str = "INSERT INTO notes VALUES ('moved'); CREATE TABLE more (text TEXT)";

    fn open(folder: &Path) -> Sqlite {
        Sqlite::open(folder, Duration::from_millis(50)).unwrap()
    }

    fn count(conn: &Connection) -> Result<i64> {
        let mut found = 0;
        conn.query("SELECT COUNT(*) FROM notes", &[], &mut |row| {
            found = row.get(0)?;
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }

    #[test]
    fn migrations_run_once_and_a_later_schema_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let backend = open(folder.path());
        let conn = backend.writer().unwrap();
        backend.migrate(&conn, &[FIRST]).unwrap();
        backend.migrate(&conn, &[FIRST, SECOND]).unwrap();
        backend.migrate(&conn, &[FIRST, SECOND]).unwrap();
        assert_eq!(count(&conn).unwrap(), 1);
        let newer = backend.migrate(&conn, &[FIRST]).unwrap_err();
        assert!(matches!(newer, BackendError::Newer { found: 2, known: 1 }), "{newer}");
    }

    #[test]
    fn migration_that_fails_leaves_the_schema_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let backend = open(folder.path());
        let conn = backend.writer().unwrap();
        backend.migrate(&conn, &[FIRST]).unwrap();
        backend.migrate(&conn, &[FIRST, SECOND, "CREATE nothing"]).unwrap_err();
        assert_eq!(count(&conn).unwrap(), 0);
        backend.migrate(&conn, &[FIRST, SECOND]).unwrap();
        assert_eq!(count(&conn).unwrap(), 1);
    }

    #[test]
    fn file_of_another_program_is_foreign() {
        let folder = tempfile::tempdir().unwrap();
        let backend = open(folder.path());
        let conn = backend.writer().unwrap();
        conn.batch("CREATE TABLE recipes (id)").unwrap();
        assert!(matches!(backend.migrate(&conn, &[FIRST]), Err(BackendError::Foreign)));
        let other = tempfile::tempdir().unwrap();
        std::fs::write(other.path().join("jackfield.db"), [b'x'; 4096]).unwrap();
        assert!(matches!(open(other.path()).writer(), Err(BackendError::Foreign)));
    }

    #[test]
    fn reader_keeps_its_snapshot_and_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let backend = open(folder.path());
        let (writer, reader) = (backend.writer().unwrap(), backend.reader().unwrap());
        backend.migrate(&writer, &[FIRST]).unwrap();
        reader.begin(Access::Read).unwrap();
        assert_eq!(count(&reader).unwrap(), 0);
        writer.execute("INSERT INTO notes VALUES ('new')", &[]).unwrap();
        assert_eq!(count(&reader).unwrap(), 0);
        reader.rollback().unwrap();
        assert_eq!(count(&reader).unwrap(), 1);
        let refused = reader.execute("INSERT INTO notes VALUES ('no')", &[]).unwrap_err();
        assert_eq!(*refused.class(), ErrorClass::ReadOnly);
    }

    #[test]
    fn second_writer_is_told_that_the_file_is_busy() {
        let folder = tempfile::tempdir().unwrap();
        let backend = open(folder.path());
        let (one, other) = (backend.writer().unwrap(), backend.writer().unwrap());
        one.begin(Access::Write).unwrap();
        assert_eq!(*other.begin(Access::Write).unwrap_err().class(), ErrorClass::Busy);
    }
}
