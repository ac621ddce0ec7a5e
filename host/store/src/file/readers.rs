//! The pool of readers. They cannot write, and each read sees one snapshot however many statements
//! it takes.

use super::connect;
use crate::StoreError;
use parking_lot::Mutex;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// As many connections as permits: whoever holds a permit finds a connection.
pub(crate) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn open(file: &Path, busy_timeout: Duration, size: usize) -> Result<Self, StoreError> {
        let open = || {
            let conn = connect(file, busy_timeout)?;
            conn.pragma_update(None, "query_only", true)?;
            Ok(conn)
        };
        let idle = (0..size.max(1)).map(|_| open()).collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Self { permits: Arc::new(Semaphore::new(idle.len())), idle: Arc::new(Mutex::new(idle)) })
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let idle = Arc::clone(&self.idle);
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let borrowed = Borrowed::from(idle)?;
            let snapshot = borrowed.conn()?.unchecked_transaction()?;
            read(&snapshot)
        });
        done.await.map_err(|_| StoreError::Closed)?
    }
}

/// Goes back to the pool however the read ends.
struct Borrowed {
    conn: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Borrowed {
    fn from(idle: Arc<Mutex<Vec<Connection>>>) -> Result<Self, StoreError> {
        let conn = idle.lock().pop();
        Ok(Self { conn, idle })
    }

    fn conn(&self) -> Result<&Connection, StoreError> {
        self.conn.as_ref().ok_or(StoreError::Closed)
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        self.idle.lock().extend(self.conn.take());
    }
}
