//! Migrations: forward only, all missing ones in one transaction. Opening an up-to-date file writes
//! nothing, so that a reader never waits for a writer here.

use crate::StoreError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001-records.sql"),
    include_str!("../../migrations/0002-queue.sql"),
    include_str!("../../migrations/0003-access.sql"),
    include_str!("../../migrations/0004-webhooks.sql"),
    include_str!("../../migrations/0005-keys-and-looks.sql"),
    include_str!("../../migrations/0006-bounds.sql"),
    include_str!("../../migrations/0010-places-and-workers.sql"),
    include_str!("../../migrations/0011-stages-of-tasks.sql"),
    include_str!("../../migrations/0012-lines-and-totals.sql"),
    include_str!("../../migrations/0013-epochs-and-leases.sql"),
];

/// "JACK": tells our files from any other program's.
const APPLICATION: i64 = 0x4A41_434B;

const KNOWN: i64 = MIGRATIONS.len() as i64;

/// Brings the file up to date, or refuses one that is not ours or is from a later version.
pub(crate) fn migrate(conn: &mut Connection, file: &Path) -> Result<(), StoreError> {
    if version(conn, file)? == KNOWN {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Again, inside: another process may have been faster.
    let done = version(&tx, file)?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(done).unwrap_or(0)) {
        tx.execute_batch(migration)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", KNOWN)?;
    Ok(tx.commit()?)
}

fn version(conn: &Connection, file: &Path) -> Result<i64, StoreError> {
    let number = |sql| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
    let found = number("SELECT user_version FROM pragma_user_version")?;
    let application = number("SELECT application_id FROM pragma_application_id")?;
    let empty = application == 0 && number("SELECT COUNT(*) FROM sqlite_schema")? == 0;
    match (application == APPLICATION, found) {
        (false, _) if !empty => Err(StoreError::Foreign { path: file.to_owned() }),
        (_, found) if found > KNOWN => Err(StoreError::Newer { path: file.to_owned(), found, known: KNOWN }),
        (_, found) => Ok(found),
    }
}
