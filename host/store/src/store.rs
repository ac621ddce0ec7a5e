//! The store: opened once per process and data folder, and cloned freely.

use crate::StoreError;
use crate::file::{Changes, Copied, Readers, Redact, Tx, Writer, connect, copy, migrate, prepare};
use crate::money::Calendar;
use jackfield_types::{Clock, RunId};
use rusqlite::Connection;
use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Default time to wait for another process.
const WAIT: Duration = Duration::from_secs(15);

/// How a store counts days and waits.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// The time zone of days and months, an IANA name.
    pub time_zone: String,
    /// How long to wait for another process that writes.
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

/// The store. Clones share one writer and one pool of readers.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    file: PathBuf,
    /// The identity of the file at the time of opening.
    identity: Identity,
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
        let calendar = Arc::new(Calendar::new(&options.time_zone)?);
        let file = prepare(folder)?;
        refuse_emptied(folder, &file)?;
        let mut conn = connect(&file, options.busy_timeout)?;
        migrate(&mut conn, &file)?;
        let readers = Readers::open(&file, options.busy_timeout, options.readers)?;
        let changes = Arc::new(Changes::new());
        let shared = (Arc::clone(&clock), Arc::clone(&calendar), Arc::clone(&changes));
        let writer = Writer::start(conn, shared, options.redact)?;
        let (identity, machine) = (Identity::of(&file)?, options.machine);
        Ok(Self(Arc::new(Inner { file, identity, clock, calendar, machine, writer, readers, changes })))
    }

    /// Returns a receiver of a run's new events in this process: the value is the last sequence number written since
    /// the first subscription. To miss nothing, subscribe, then read, then wait. Writes of other processes are not
    /// included.
    pub fn changes(&self, run: RunId) -> watch::Receiver<u64> {
        self.0.changes.of_run(run)
    }

    /// Returns the same for the host's event log.
    pub fn event_changes(&self) -> watch::Receiver<u64> {
        self.0.changes.of_events()
    }

    /// The clock of the store's time stamps.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// The database file.
    pub fn file(&self) -> &Path {
        &self.0.file
    }

    /// Copies the database, as of one moment, to a new file (0600) while work continues, and verifies the copy. The
    /// copy needs no other file. A failed backup leaves no file.
    pub async fn backup(&self, to: &Path) -> Result<Copied, StoreError> {
        let (to, from) = (to.to_owned(), self.0.file.clone());
        let copied = tokio::task::spawn_blocking(move || copy(&connect(&from, WAIT)?, &to));
        copied.await.map_err(|_| StoreError::Closed)?
    }

    /// The machine of this process.
    pub(crate) fn machine(&self) -> &str {
        &self.0.machine
    }

    pub(crate) fn calendar(&self) -> &Arc<Calendar> {
        &self.0.calendar
    }

    /// Runs `work` in a transaction of its own and returns after the commit is on the disk.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0.check_file()?;
        let written = self.0.writer.write(work).await?;
        // A write into a deleted file must not be acknowledged.
        self.0.check_file()?;
        Ok(written)
    }

    /// Reads from one snapshot.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0.check_file()?;
        self.0.readers.read(read).await
    }
}

/// The identity of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(file: &Path) -> Result<Self, StoreError> {
        let facts = file.metadata().ok().filter(|facts| facts.len() > 0);
        let facts = facts.ok_or_else(|| StoreError::Replaced { path: file.to_owned() })?;
        Ok(Self { device: facts.dev(), inode: facts.ino() })
    }
}

impl Inner {
    /// SQLite continues with a deleted file and loses everything that it acknowledges.
    fn check_file(&self) -> Result<(), StoreError> {
        if Identity::of(&self.file)? == self.identity {
            return Ok(());
        }
        Err(StoreError::Replaced { path: self.file.clone() })
    }
}

/// An empty database beside the files of runs was emptied: the amounts spent today are missing.
fn refuse_emptied(folder: &Path, file: &Path) -> Result<(), StoreError> {
    let runs = folder.join("runs");
    let is_empty = file.metadata().is_ok_and(|facts| facts.len() == 0);
    if is_empty && runs.read_dir().is_ok_and(|mut left| left.next().is_some()) {
        return Err(StoreError::Emptied { path: file.to_owned(), runs });
    }
    Ok(())
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.0.file).finish()
    }
}
