//! The file itself: what was deleted leaves free pages, and here they are given back.
//!
//! New files can give pages back in small steps (`auto_vacuum = INCREMENTAL`, which has to be said before the
//! first table). An older file keeps its free pages for what comes next, and can do so only from a whole
//! `VACUUM` on, which nobody starts but an operator, because nobody can write meanwhile. Statistics for the
//! query planner (`ANALYZE`, `PRAGMA optimize`) are not gathered: every statement has the index that it was
//! written for, and figures that were taken while the queue happened to be empty would lead it elsewhere.

use crate::StoreError;
use crate::file::{Sql, connect, count};
use crate::handles::Retention;
use rusqlite::Connection;
use serde::Serialize;
use std::time::Duration;

/// Pages that are given back in one transaction at most: a megabyte.
const STEP: u64 = 256;

/// Free pages that stay for what comes next: so many, or this part of the file, whichever is more.
const SPARE: u64 = 1_024;
const SPARE_PART: u64 = 8;

/// How long the log waits for readers and writers to be let go, so that nobody waits for it longer.
const CHECKPOINT_WAIT: Duration = Duration::from_millis(200);

/// How long a whole `VACUUM` waits for others to finish writing.
const VACUUM_WAIT: Duration = Duration::from_secs(15);

/// How large the file is, and was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Compacted {
    /// Before, bytes.
    pub before: u64,
    /// Now, bytes.
    pub now: u64,
}

/// How the file is filled.
struct Pages {
    size: u64,
    all: u64,
    free: u64,
    incremental: bool,
}

impl Retention<'_> {
    /// Gives free pages beyond a reserve back to the file system, a bounded number in each transaction, and
    /// cuts the write-ahead log where nobody is using it.
    pub async fn give_back(self) -> Result<Compacted, StoreError> {
        let mut now = self.0.read(pages).await?;
        let before = now.bytes();
        while let Some(step) = now.surplus() {
            self.0
                .write(move |tx| {
                    let sql = format!("PRAGMA incremental_vacuum({step})");
                    // One row for each page; it goes on only while rows are taken.
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

    /// Writes the whole file anew, without gaps, and able to give pages back from then on. Takes as long as
    /// the disk takes to write it twice, room for that, and nobody can record anything meanwhile.
    pub async fn vacuum(self) -> Result<Compacted, StoreError> {
        let before = self.0.read(pages).await?;
        self.aside(VACUUM_WAIT, |conn| {
            // The copy is as large as the records are, and has no place in memory.
            conn.pragma_update(None, "temp_store", "FILE")?;
            conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
            conn.execute_batch("VACUUM")?;
            cut_log(conn)
        })
        .await?;
        Ok(Compacted { before: before.bytes(), now: self.0.read(pages).await?.bytes() })
    }

    /// On a connection of its own, outside of any transaction.
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

    /// How many to give back next.
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

/// Where somebody reads or writes just now, the log stays as long as it is, and is used again.
fn cut_log(conn: &Connection) -> Result<(), StoreError> {
    let busy = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0))?;
    if busy {
        tracing::debug!("the write-ahead log is in use and was not cut");
    }
    Ok(())
}
