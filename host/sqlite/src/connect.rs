//! Connections, every one of them set up alike.

use crate::driver::Conn;
use crate::error::unusable;
use jackfield_sql::BackendError;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;
use std::time::{Duration, Instant};

/// Opens the file, which must exist.
///
/// This ensures: a commit that was answered survives the loss of power (`synchronous=FULL` in WAL),
/// references hold, and nothing in the file's own schema can call functions with effects.
pub(crate) fn connect(file: &Path, busy_timeout: Duration) -> Result<Conn, BackendError> {
    open(file, busy_timeout).map(Conn).map_err(unusable)
}

fn open(file: &Path, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(file, flags)?;
    conn.set_prepared_statement_cache_capacity(128);
    // Before anything that may have to wait for another process.
    conn.busy_timeout(busy_timeout)?;
    if file.metadata().is_ok_and(|facts| facts.len() == 0) {
        give_back_later(&conn)?;
    }
    write_ahead(&conn, busy_timeout)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "journal_size_limit", 64 << 20)?;
    Ok(conn)
}

/// So that a file can give pages back it has to be told before anything is in it. Where two processes make
/// it at once, the one that is too late has nothing to say.
fn give_back_later(conn: &Connection) -> rusqlite::Result<()> {
    match conn.pragma_update(None, "auto_vacuum", "INCREMENTAL") {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(()),
        told => told,
    }
}

/// SQLite does not wait, whatever the busy timeout, when two processes turn the log on at once.
fn write_ahead(conn: &Connection, busy_timeout: Duration) -> rusqlite::Result<()> {
    let deadline = Instant::now() + busy_timeout;
    loop {
        match conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0)) {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < deadline =>
            {
                std::thread::sleep(Duration::from_millis(5));
            }
            other => return other.map(drop),
        }
    }
}
