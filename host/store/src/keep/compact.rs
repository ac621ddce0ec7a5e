//! Compaction: returns the free pages of deleted rows to the file system.
//!
//! New files can return pages in small steps (`auto_vacuum = INCREMENTAL`, which must be set before the first table).
//! An older file reuses its free pages and can return them only after a whole `VACUUM`, which only an operator starts,
//! because it blocks all writers. Planner statistics (`ANALYZE`, `PRAGMA optimize`) are not gathered: every statement
//! has its index, and statistics from an empty queue would mislead the planner.

use crate::StoreError;
use crate::file::{Sql, connect, count};
use crate::handles::Retention;
use rusqlite::Connection;
use serde::Serialize;
use std::time::Duration;

/// Most pages returned in one transaction: a megabyte.
const STEP: u64 = 256;

/// Free pages that stay for later rows: this number, or this part of the file, whichever is more.
const SPARE: u64 = 1_024;
const SPARE_PART: u64 = 8;

/// How long truncating the log waits for readers and writers, which blocks them no longer.
const CHECKPOINT_WAIT: Duration = Duration::from_millis(200);

/// How long a whole `VACUUM` waits for other writers.
const VACUUM_WAIT: Duration = Duration::from_secs(15);

/// The size of the file before and after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Compacted {
    /// Before, bytes.
    pub before: u64,
    /// Now, bytes.
    pub now: u64,
}

/// The pages of the file.
struct Pages {
    size: u64,
    all: u64,
    free: u64,
    incremental: bool,
}

impl Retention<'_> {
    /// Returns free pages beyond a reserve to the file system, a bounded number per transaction, and truncates the
    /// write-ahead log if it is not in use.
    pub async fn give_back(self) -> Result<Compacted, StoreError> {
        let mut now = self.0.read(pages).await?;
        let before = now.bytes();
        while let Some(step) = now.surplus() {
            self.0
                .write(move |tx| {
                    let sql = format!("PRAGMA incremental_vacuum({step})");
                    // One row per page; SQLite continues only while rows are read.
                    tx.prepare(&sql)?.query_map([], |_| Ok(()))?.collect::<rusqlite::Result<()>>()?;
                    Ok(())
                })
                .await?;
            let then = self.0.read(pages).await?;
            if then.all >= now.all {
                break;
            }
            now = then;
        }
        self.aside(CHECKPOINT_WAIT, cut_log).await?;
        Ok(Compacted { before, now: now.bytes() })
    }

    /// Rewrites the whole file without gaps, so that it can return pages from then on. It takes the time and the space
    /// to write the file twice, and blocks all writers.
    pub async fn vacuum(self) -> Result<Compacted, StoreError> {
        let before = self.0.read(pages).await?;
        self.aside(VACUUM_WAIT, |conn| {
            // The copy is as large as the database, so keep it out of memory.
            conn.pragma_update(None, "temp_store", "FILE")?;
            conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
            conn.execute_batch("VACUUM")?;
            cut_log(conn)
        })
        .await?;
        Ok(Compacted { before: before.bytes(), now: self.0.read(pages).await?.bytes() })
    }

    /// Runs `work` on a connection of its own, outside a transaction.
    async fn aside(
        self,
        wait: Duration,
        work: impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        let file = self.0.file().to_owned();
        let done = tokio::task::spawn_blocking(move || work(&connect(&file, wait)?));
        done.await.map_err(|_| StoreError::Closed)?
    }
}

impl Pages {
    const fn bytes(&self) -> u64 {
        self.all * self.size
    }

    /// The number of pages to return next.
    fn surplus(&self) -> Option<u64> {
        let spare = SPARE.max(self.all / SPARE_PART);
        let surplus = self.free.checked_sub(spare).filter(|surplus| *surplus > 0)?;
        self.incremental.then_some(surplus.min(STEP))
    }
}

fn pages(conn: &Connection) -> Result<Pages, StoreError> {
    let found = conn.one(
        "SELECT page_size, page_count, freelist_count, auto_vacuum
         FROM pragma_page_size, pragma_page_count, pragma_freelist_count, pragma_auto_vacuum",
        [],
        |row| {
            Ok(Pages {
                size: count(row.get(0)?),
                all: count(row.get(1)?),
                free: count(row.get(2)?),
                incremental: row.get::<_, i64>(3)? == 2,
            })
        },
    )?;
    found.ok_or_else(|| StoreError::Damaged("the file does not say how large it is".to_owned()))
}

/// Truncates the log; while it is in use, it keeps its size and is reused.
fn cut_log(conn: &Connection) -> Result<(), StoreError> {
    let busy = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0))?;
    if busy {
        tracing::debug!("the write-ahead log is in use and was not cut");
    }
    Ok(())
}
