//! The pool of readers. They cannot write, and each read sees one snapshot however many statements
//! it takes.

use crate::StoreError;
use jackfield_sql::{Access, Backend, BackendError, Connection};
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// As many connections as permits: whoever holds a permit finds a connection.
pub(crate) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn open(backend: &dyn Backend, size: usize) -> Result<Self, BackendError> {
        let idle = (0..size.max(1)).map(|_| backend.reader()).collect::<Result<Vec<_>, _>>()?;
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
            let conn = borrowed.conn()?;
            conn.begin(Access::Read)?;
            read(conn)
        });
        done.await.map_err(|_| StoreError::Closed)?
    }
}

/// Goes back to the pool, without its snapshot, however the read ends.
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
        let conn = self.conn.take();
        if let Some(Err(error)) = conn.as_ref().map(|conn| conn.rollback()) {
            tracing::error!(%error, "failed to end a read");
        }
        self.idle.lock().extend(conn);
    }
}
