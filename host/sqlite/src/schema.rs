//! Migrations: forward only, all missing ones in one transaction. Opening an up-to-date file writes
//! nothing, so that a reader never waits for a writer here.

use jackfield_sql::{Access, BackendError, Connection, Error};
use std::ops::ControlFlow;

/// "JACK": tells our files from any other program's.
const APPLICATION: i64 = 0x4A41_434B;

/// Brings the file up to date, or refuses one that is not ours or is from a later version.
pub(crate) fn migrate(conn: &Connection, migrations: &[&str]) -> Result<(), BackendError> {
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if version(conn, known)? == known {
        return Ok(());
    }
    conn.begin(Access::Write)?;
    let done = run(conn, migrations, known).and_then(|()| Ok(conn.commit()?));
    if done.is_err() {
        drop(conn.rollback());
    }
    done
}

fn run(conn: &Connection, migrations: &[&str], known: i64) -> Result<(), BackendError> {
    // Again, inside: another process may have been faster.
    let done = version(conn, known)?;
    for migration in migrations.iter().skip(usize::try_from(done).unwrap_or(0)) {
        conn.batch(migration)?;
    }
    Ok(conn.batch(&format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {known};"))?)
}

fn version(conn: &Connection, known: i64) -> Result<i64, BackendError> {
    let found = number(conn, "SELECT user_version FROM pragma_user_version")?;
    let application = number(conn, "SELECT application_id FROM pragma_application_id")?;
    let empty = application == 0 && number(conn, "SELECT COUNT(*) FROM sqlite_schema")? == 0;
    match (application == APPLICATION, found) {
        (false, _) if !empty => Err(BackendError::Foreign),
        (_, found) if found > known => Err(BackendError::Newer { found, known }),
        (_, found) => Ok(found),
    }
}

fn number(conn: &Connection, sql: &str) -> Result<i64, Error> {
    let mut found = 0;
    conn.query(sql, &[], &mut |row| {
        found = row.get(0)?;
        Ok(ControlFlow::Break(()))
    })?;
    Ok(found)
}
