//! Compaction: returns the free pages of deleted rows to the file system, as the backend does it.

use crate::StoreError;
use crate::handles::Retention;
use jackfield_sql::{BackendError, Space};
use serde::Serialize;
use std::sync::Arc;

/// The size of the database before and after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Compacted {
    /// Before, bytes.
    pub before: u64,
    /// Now, bytes.
    pub now: u64,
}

impl Retention<'_> {
    /// Returns free pages beyond a reserve to the file system, a bounded number per transaction, and truncates the
    /// write-ahead log if it is not in use.
    pub async fn give_back(self) -> Result<Compacted, StoreError> {
        let mut now = self.space().await?;
        let before = now.bytes;
        while let Some(step) = now.surplus {
            let backend = Arc::clone(self.0.backend());
            self.0.write(move |tx| tx.change(|conn| backend.give_back(conn, step))).await?;
            let then = self.space().await?;
            if then.bytes >= now.bytes {
                break;
            }
            now = then;
        }
        let trimmed = self.0.aside(|backend| backend.trim_log()).await?;
        trimmed.map_err(|error| self.failed(error))?;
        Ok(Compacted { before, now: now.bytes })
    }

    /// Rewrites the whole database without gaps, so that it can return pages from then on. It takes the time and the
    /// space to write it twice, and blocks all writers.
    pub async fn vacuum(self) -> Result<Compacted, StoreError> {
        let before = self.space().await?.bytes;
        let compacted = self.0.aside(|backend| backend.compact()).await?;
        compacted.map_err(|error| self.failed(error))?;
        Ok(Compacted { before, now: self.space().await?.bytes })
    }

    async fn space(self) -> Result<Space, StoreError> {
        let backend = Arc::clone(self.0.backend());
        self.0.read(move |conn| Ok(backend.space(conn)?)).await
    }

    fn failed(self, error: BackendError) -> StoreError {
        StoreError::of_backend(error, self.0.file())
    }
}
