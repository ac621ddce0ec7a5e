//! The store as a whole: opened once per process and data folder, cloned freely.

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

/// How long to wait for another process, unless told otherwise.
const WAIT: Duration = Duration::from_secs(15);

/// How a store counts and waits.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// In which days and months are counted; an IANA name.
    pub time_zone: String,
    /// How long to wait for another process that writes.
    pub busy_timeout: Duration,
    /// How many reads go on at once.
    pub readers: usize,
    /// What takes secrets out of every text that is written; by default nothing does.
    pub redact: Redact,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { time_zone: "UTC".to_owned(), busy_timeout: WAIT, readers: 4, redact: Redact::default() }
    }
}

/// The records. Clones share one writer and one pool of readers.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    file: PathBuf,
    /// Which file that was when it was opened.
    identity: Identity,
    clock: Arc<dyn Clock>,
    calendar: Arc<Calendar>,
    writer: Writer,
    readers: Readers,
    changes: Arc<Changes>,
}

impl Store {
    /// Opens `jackfield.db` in `folder`, makes both where they are missing (0600 and 0700), and
    /// brings older records up to date.
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
        let identity = Identity::of(&file)?;
        Ok(Self(Arc::new(Inner { file, identity, clock, calendar, writer, readers, changes })))
    }

    /// Tells when a run gets new events in this process: the value is the last sequence number
    /// written since somebody first watched. Subscribe, then read, then wait, and nothing is missed.
    /// What another process writes does not show here.
    pub fn changes(&self, run: RunId) -> watch::Receiver<u64> {
        self.0.changes.of_run(run)
    }

    /// The same for the host's event log.
    pub fn event_changes(&self) -> watch::Receiver<u64> {
        self.0.changes.of_events()
    }

    /// The clock that the records are stamped by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// The database file.
    pub fn file(&self) -> &Path {
        &self.0.file
    }

    /// Copies the whole database, as it stands at one moment, to a new file (0600) while work goes on. The
    /// copy is checked, and is one file that needs no other. Nothing is left of one that does not come about.
    pub async fn backup(&self, to: &Path) -> Result<Copied, StoreError> {
        let (to, from) = (to.to_owned(), self.0.file.clone());
        let copied = tokio::task::spawn_blocking(move || copy(&connect(&from, WAIT)?, &to));
        copied.await.map_err(|_| StoreError::Closed)?
    }

    pub(crate) fn calendar(&self) -> &Arc<Calendar> {
        &self.0.calendar
    }

    /// Does `work` in a transaction of its own and answers when it is on the disk.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0.check_file()?;
        let written = self.0.writer.write(work).await?;
        // What went into a file that nobody finds again is not acknowledged.
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

/// Which file a path leads to.
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
    /// SQLite goes on with a file that was deleted, and everything that it acknowledges is lost at the end.
    fn check_file(&self) -> Result<(), StoreError> {
        if Identity::of(&self.file)? == self.identity {
            return Ok(());
        }
        Err(StoreError::Replaced { path: self.file.clone() })
    }
}

/// An empty file beside what runs left was not always empty: what was spent today is not on it.
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
