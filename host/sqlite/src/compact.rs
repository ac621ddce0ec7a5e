//! Space: how much of the file is free, and how free pages go back to the file system.
//!
//! New files can return pages in small steps (`auto_vacuum = INCREMENTAL`, which must be set before the first table).
//! An older file reuses its free pages and can return them only after a whole `VACUUM`, which only an operator starts,
//! because it blocks all writers. Planner statistics (`ANALYZE`, `PRAGMA optimize`) are not gathered: every statement
//! has its index, and statistics from an empty queue would mislead the planner.

use crate::driver::Conn;
use crate::error::failed;
use jackfield_sql::{Connection, Driver, Error, Space};
use std::ops::ControlFlow;

/// Most pages returned in one transaction: a megabyte.
const STEP: u64 = 256;

/// Free pages that stay for later rows: this number, or this part of the file, whichever is more.
const SPARE: u64 = 1_024;
const SPARE_PART: u64 = 8;

/// The pages of the file.
struct Pages {
    size: u64,
    all: u64,
    free: u64,
    incremental: bool,
}

impl Pages {
    /// The number of pages to return next.
    fn surplus(&self) -> Option<u64> {
        let spare = SPARE.max(self.all / SPARE_PART);
        let surplus = self.free.checked_sub(spare).filter(|surplus| *surplus > 0)?;
        self.incremental.then_some(surplus.min(STEP))
    }
}

/// The size of the file, and the pages to return.
pub(crate) fn space(conn: &Connection) -> Result<Space, Error> {
    let mut pages = None;
    conn.query(
        "SELECT page_size, page_count, freelist_count, auto_vacuum
         FROM pragma_page_size, pragma_page_count, pragma_freelist_count, pragma_auto_vacuum",
        &[],
        &mut |row| {
            pages = Some(Pages {
                size: row.get(0)?,
                all: row.get(1)?,
                free: row.get(2)?,
                incremental: row.get::<_, i64>(3)? == 2,
            });
            Ok(ControlFlow::Break(()))
        },
    )?;
    let pages = pages.ok_or_else(|| Error::other("the file does not say how large it is"))?;
    Ok(Space { bytes: pages.all * pages.size, surplus: pages.surplus() })
}

/// Returns so many free pages.
pub(crate) fn give_back(conn: &Connection, pages: u64) -> Result<(), Error> {
    // One row per page; SQLite continues only while rows are read.
    conn.query(&format!("PRAGMA incremental_vacuum({pages})"), &[], &mut |_| Ok(ControlFlow::Continue(())))
}

/// Rewrites the whole file. It takes the time and the space to write the file twice.
pub(crate) fn vacuum(conn: &Conn) -> Result<(), Error> {
    // The copy is as large as the database, so keep it out of memory.
    conn.0.pragma_update(None, "temp_store", "FILE").map_err(failed)?;
    conn.0.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(failed)?;
    conn.batch("VACUUM")?;
    trim_log(conn)
}

/// Truncates the log; while it is in use, it keeps its size and is reused.
pub(crate) fn trim_log(conn: &Conn) -> Result<(), Error> {
    let mut busy = false;
    conn.query("PRAGMA wal_checkpoint(TRUNCATE)", &[], &mut |row| {
        busy = row.get(0)?;
        Ok(ControlFlow::Break(()))
    })?;
    if busy {
        tracing::debug!("the write-ahead log is in use and was not cut");
    }
    Ok(())
}
