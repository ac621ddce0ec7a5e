//! The store as a whole: opened once per process and data folder, cloned freely.

use crate::StoreError;
use jackfield_types::{Clock, RunId};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

/// How a store counts and waits.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// In which days and months are counted; an IANA name.
    pub time_zone: String,
    /// How long to wait for another process that writes.
    pub busy_timeout: std::time::Duration,
    /// How many reads go on at once.
    pub readers: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { time_zone: "UTC".to_owned(), busy_timeout: std::time::Duration::from_secs(15), readers: 4 }
    }
}

/// The records. Clones share one writer and one pool of readers.
#[derive(Debug, Clone)]
pub struct Store {
    clock: Arc<dyn Clock>,
}

impl Store {
    /// Opens `jackfield.db` in `folder`, makes both where they are missing (0600 and 0700), and
    /// brings older records up to date.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>, options: StoreOptions) -> Result<Self, StoreError> {
        unimplemented!()
    }

    /// Tells when a run gets new events in this process: the value is the last sequence number
    /// written since somebody first watched. Subscribe, then read, then wait, and nothing is missed.
    /// What another process writes does not show here.
    pub fn changes(&self, run: RunId) -> watch::Receiver<u64> {
        unimplemented!()
    }

    /// The same for the host's event log.
    pub fn event_changes(&self) -> watch::Receiver<u64> {
        unimplemented!()
    }

    /// The clock that the records are stamped by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Copies the whole database, as it stands at one moment, to a new file (0600) while work goes on.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        unimplemented!()
    }
}
