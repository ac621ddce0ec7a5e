//! The one writer: what is queued while a commit is under way goes into the next one together.
//!
//! ```text
//! callers   a b c ──queue──▶ BEGIN IMMEDIATE
//!                            SAVEPOINT a … RELEASE
//!                            SAVEPOINT b … fails: ROLLBACK TO, only b is told
//!                            SAVEPOINT c … RELEASE
//!           d e f ──queue──▶ COMMIT (one sync to the disk)
//!           a, c are answered, watchers are told; then d e f
//! ```
//!
//! Nobody is answered before the commit. `BEGIN IMMEDIATE` takes the file's write lock first, so what
//! a transaction reads cannot be changed by another process before it commits.

use super::changes::News;
use super::{Changes, Sql};
use crate::StoreError;
use crate::money::Calendar;
use jackfield_types::{Clock, RunId, Timestamp};
use rusqlite::Connection;
use std::cell::RefCell;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// So many jobs share a commit at most, so that the file is not locked for long.
const BATCH: usize = 256;

/// So many jobs wait at most; who comes later waits to be queued.
const QUEUE: usize = 4096;

/// What a job sees: the open transaction, and the moment it happens at.
pub(crate) struct Tx<'a> {
    conn: &'a Connection,
    /// The same throughout one job.
    pub(crate) now: Timestamp,
    pub(crate) calendar: &'a Calendar,
    news: &'a RefCell<News>,
}

impl Tx<'_> {
    /// Watchers of the run hear of it, if and when it is committed.
    pub(crate) fn run_changed(&self, run: RunId, seq: u64) {
        self.news.borrow_mut().runs.push((run, seq));
    }

    /// The same for the host's event log.
    pub(crate) fn event_added(&self, seq: u64) {
        self.news.borrow_mut().events.push(seq);
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.conn
    }
}

trait Job: Send {
    /// True: keep what it wrote.
    fn run(&mut self, tx: &Tx<'_>) -> bool;
    fn answer(self: Box<Self>, fate: Result<(), StoreError>);
}

struct Write<F, T> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Job for Write<F, T>
where
    F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn run(&mut self, tx: &Tx<'_>) -> bool {
        let Some(work) = self.work.take() else { return false };
        // One caller's mistake must not end the thread that everybody writes by.
        let result = catch_unwind(AssertUnwindSafe(|| work(tx)))
            .unwrap_or_else(|_| Err(StoreError::Damaged("a write ended unexpectedly".to_owned())));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn answer(self: Box<Self>, fate: Result<(), StoreError>) {
        let result = match (self.result, fate) {
            (Some(Err(own)), _) => Err(own),
            (Some(Ok(done)), Ok(())) => Ok(done),
            (_, Err(error)) => Err(error),
            (None, Ok(())) => Err(StoreError::Closed),
        };
        // A caller that no longer waits is not told; the write stands.
        drop(self.answer.send(result));
    }
}

/// The way to the writer thread, which ends when the last of these is gone.
pub(crate) struct Writer(mpsc::Sender<Box<dyn Job>>);

impl Writer {
    pub(crate) fn start(
        conn: Connection,
        clock: Arc<dyn Clock>,
        calendar: Arc<Calendar>,
        changes: Arc<Changes>,
    ) -> Result<Self, StoreError> {
        let (sender, queue) = mpsc::channel(QUEUE);
        let thread = Thread { conn, clock, calendar, changes };
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || thread.run(queue))
            .map_err(|error| StoreError::Misuse(format!("no writer thread can be started: {error}")))?;
        Ok(Self(sender))
    }

    /// Does `work` in a transaction and answers when it is on the disk. An error undoes all of it.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Write { work: Some(work), result: None, answer });
        self.0.send(job).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

struct Thread {
    conn: Connection,
    clock: Arc<dyn Clock>,
    calendar: Arc<Calendar>,
    changes: Arc<Changes>,
}

impl Thread {
    fn run(self, mut queue: mpsc::Receiver<Box<dyn Job>>) {
        while let Some(first) = queue.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(next) = queue.try_recv()
            {
                batch.push(next);
            }
            let news = RefCell::default();
            let fate = self.commit(&mut batch, &news);
            match &fate {
                Ok(()) => self.changes.tell(&news.into_inner()),
                Err(error) => tracing::error!(%error, writes = batch.len(), "a commit failed"),
            }
            for job in batch {
                job.answer(fate.clone());
            }
        }
    }

    fn commit(&self, batch: &mut [Box<dyn Job>], news: &RefCell<News>) -> Result<(), StoreError> {
        self.conn.exec("BEGIN IMMEDIATE", [])?;
        let done = batch.iter_mut().try_for_each(|job| self.apply(job.as_mut(), news));
        let done = done.and_then(|()| self.conn.exec("COMMIT", []).map(drop));
        if done.is_err() && !self.conn.is_autocommit() {
            self.conn.exec("ROLLBACK", [])?;
        }
        done
    }

    fn apply(&self, job: &mut dyn Job, news: &RefCell<News>) -> Result<(), StoreError> {
        let mark = news.borrow().mark();
        self.conn.exec("SAVEPOINT job", [])?;
        let tx = Tx { conn: &self.conn, now: self.clock.now(), calendar: &self.calendar, news };
        if !job.run(&tx) {
            news.borrow_mut().back_to(mark);
            // Some errors (a full disk) end the whole transaction; then this fails and all are told.
            self.conn.exec("ROLLBACK TO job", [])?;
        }
        self.conn.exec("RELEASE job", []).map(drop)
    }
}
