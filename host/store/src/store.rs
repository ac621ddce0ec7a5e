//! The store: opened once per process and data folder, and cloned freely.

use crate::StoreError;
use crate::file::{Changes, MIGRATIONS, Readers, Redact, Tx, Writer};
use crate::money::Calendar;
use jackfield_sql::{Backend, BackendError, Connection};
use jackfield_sqlite::Sqlite;
use jackfield_types::{Clock, RunId};
use serde::Serialize;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};

/// Default time to wait for another process.
const WAIT: Duration = Duration::from_secs(15);

/// How a store counts days and waits.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// The time zone of days and months, an IANA name.
    pub time_zone: String,
    /// How long to wait for another process that writes, where the database is a file.
    pub busy_timeout: Duration,
    /// Number of parallel reads.
    pub readers: usize,
    /// The machine that this process is on, where several may have the store open: local workers of one machine share its
    /// slots.
    pub machine: String,
    /// Removes secrets from every text that is written; the default removes nothing.
    pub redact: Redact,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            time_zone: "UTC".to_owned(),
            busy_timeout: WAIT,
            readers: 4,
            machine: String::new(),
            redact: Redact::default(),
        }
    }
}

/// A copy that was made and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// Its size.
    pub bytes: u64,
}

/// The store. Clones share one writer and one pool of readers.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    backend: Arc<dyn Backend>,
    clock: Arc<dyn Clock>,
    calendar: Arc<Calendar>,
    machine: String,
    writer: Writer,
    readers: Readers,
    changes: Arc<Changes>,
}

impl Store {
    /// Opens `jackfield.db` in `folder`, creates both if they are missing (0600 and 0700), and migrates an older
    /// schema.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>, options: StoreOptions) -> Result<Self, StoreError> {
        let calendar = Calendar::new(&options.time_zone)?;
        let backend = Sqlite::open(folder, options.busy_timeout);
        let backend = backend.map_err(|error| StoreError::of_backend(error, folder))?;
        Self::start(Box::new(backend), clock, calendar, options)
    }

    /// Opens the records that a backend holds, and migrates an older schema.
    pub fn with_backend(
        backend: Box<dyn Backend>,
        clock: Arc<dyn Clock>,
        options: StoreOptions,
    ) -> Result<Self, StoreError> {
        let calendar = Calendar::new(&options.time_zone)?;
        Self::start(backend, clock, calendar, options)
    }

    fn start(
        backend: Box<dyn Backend>,
        clock: Arc<dyn Clock>,
        calendar: Calendar,
        options: StoreOptions,
    ) -> Result<Self, StoreError> {
        let failed = |error| StoreError::of_backend(error, backend.place());
        let conn = backend.writer().map_err(failed)?;
        backend.migrate(&conn, MIGRATIONS).map_err(failed)?;
        let readers = Readers::open(&*backend, options.readers).map_err(failed)?;
        backend.check().map_err(failed)?;
        let (calendar, changes) = (Arc::new(calendar), Arc::new(Changes::new()));
        let shared = (Arc::clone(&clock), Arc::clone(&calendar), Arc::clone(&changes));
        let writer = Writer::start(conn, shared, options.redact)?;
        let (backend, machine) = (Arc::from(backend), options.machine);
        Ok(Self(Arc::new(Inner { backend, clock, calendar, machine, writer, readers, changes })))
    }

    /// Returns a receiver of a run's new events in this process: the value is the last sequence number written since
    /// the first subscription. To miss nothing, subscribe, then read, then wait. Writes of other processes are not
    /// included.
    pub fn changes(&self, run: RunId) -> watch::Receiver<u64> {
        self.0.changes.of_run(run)
    }

    /// A channel on which each change of a run by this process is sent, once it is committed.
    pub fn run_changes(&self) -> broadcast::Receiver<RunId> {
        self.0.changes.of_any_run()
    }

    /// Returns the same for the host's event log.
    pub fn event_changes(&self) -> watch::Receiver<u64> {
        self.0.changes.of_events()
    }

    /// The clock of the store's time stamps.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// The database file, or the address of the database.
    pub fn file(&self) -> &Path {
        self.0.backend.place()
    }

    /// Copies the database, as of one moment, to a new file (0600) while work continues, and verifies the copy. The
    /// copy needs no other file. A failed backup leaves no file.
    pub async fn backup(&self, to: &Path) -> Result<Copied, StoreError> {
        let file = to.to_owned();
        let copied = self.aside(move |backend| backend.backup(&file)).await?;
        copied.map(|bytes| Copied { bytes }).map_err(|error| match error {
            BackendError::BackupExists | BackendError::Backup(_) => StoreError::of_backend(error, to),
            error => self.0.failed(error),
        })
    }

    pub(crate) fn backend(&self) -> &Arc<dyn Backend> {
        &self.0.backend
    }

    /// Runs `work` on a thread of its own, outside of transactions.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Backend) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let backend = Arc::clone(&self.0.backend);
        tokio::task::spawn_blocking(move || work(&*backend)).await.map_err(|_| StoreError::Closed)
    }

    /// The machine of this process.
    pub(crate) fn machine(&self) -> &str {
        &self.0.machine
    }

    pub(crate) fn calendar(&self) -> &Arc<Calendar> {
        &self.0.calendar
    }

    /// Runs `work` in a transaction and returns after the commit is on the disk. An error undoes all of it. `work` may
    /// run more than once, so it must have no effect outside of the transaction.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0.check()?;
        let written = self.0.writer.write(work).await?;
        // A write into a deleted database must not be acknowledged.
        self.0.check()?;
        Ok(written)
    }

    /// Reads from one snapshot.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0.check()?;
        self.0.readers.read(read).await
    }
}

impl Inner {
    fn check(&self) -> Result<(), StoreError> {
        self.backend.check().map_err(|error| self.failed(error))
    }

    fn failed(&self, error: BackendError) -> StoreError {
        StoreError::of_backend(error, self.backend.place())
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.0.backend.place()).finish()
    }
}
