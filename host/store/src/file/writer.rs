//! The one writer: what is queued while a commit is under way goes into the next one together.
//!
//! ```text
//! callers   a b c ──queue──▶ BEGIN
//!                            a …
//!                            b … fails before it wrote: only b gets an error
//!                            c …
//!           d e f ──queue──▶ COMMIT (one sync to the disk)
//!           a, b, c are answered, watchers are told; then d e f
//!                            BEGIN
//!                            d …
//!                            e … fails after it wrote: ROLLBACK, e gets its error
//!                            BEGIN d … f … COMMIT
//! ```
//!
//! Nobody is answered before the commit. What a write transaction reads cannot be changed by another process
//! before it commits. There are no savepoints: each costs two statements, and few jobs fail once they wrote.

use super::changes::News;
use super::sent::SentGroups;
use super::tx::Batch;
use super::{Changes, Redact, Tx};
use crate::StoreError;
use crate::money::Calendar;
use jackfield_sql::{Access, Connection, ErrorClass};
use jackfield_types::Clock;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// So many jobs share a commit at most, so that the file is not locked for long.
const BATCH: usize = 256;

/// So many jobs wait at most; who comes later waits to be queued.
const QUEUE: usize = 4096;

/// So often the jobs of a group run together, and a commit that is lost is tried. Then each runs in a transaction of its own, so that many failures cost
/// no more than a commit for each job.
const TOGETHER: usize = 4;

trait Job: Send {
    /// Runs the job, for the first time or again. True: it succeeded.
    fn run(&mut self, tx: &Tx<'_>) -> bool;
    fn answer(self: Box<Self>, fate: Result<(), StoreError>);
}

struct Write<F, T> {
    work: F,
    result: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Job for Write<F, T>
where
    F: Fn(&Tx<'_>) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn run(&mut self, tx: &Tx<'_>) -> bool {
        // One caller's mistake must not end the thread that everybody writes by.
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(tx)))
            .unwrap_or_else(|_| Err(StoreError::Damaged("a write ended unexpectedly".to_owned())));
        let succeeded = result.is_ok();
        self.result = Some(result);
        succeeded
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
        (clock, calendar, changes): (Arc<dyn Clock>, Arc<Calendar>, Arc<Changes>),
        redact: Redact,
    ) -> Result<Self, StoreError> {
        let (sender, queue) = mpsc::channel(QUEUE);
        let sent = conn.may_lose_commits().then(SentGroups::default);
        let thread = Thread { conn, clock, calendar, changes, redact, sent };
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || thread.run(queue))
            .map_err(|error| StoreError::Misuse(format!("no writer thread can be started: {error}")))?;
        Ok(Self(sender))
    }

    /// Does `work` in a transaction and answers when it is on the disk. An error undoes all of it. `work` may run more
    /// than once.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Write { work, result: None, answer });
        self.0.send(job).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

struct Thread {
    conn: Connection,
    clock: Arc<dyn Clock>,
    calendar: Arc<Calendar>,
    changes: Arc<Changes>,
    redact: Redact,
    /// The last group that was sent to be committed, where a commit can be lost.
    sent: Option<SentGroups>,
}

/// Why a group was not committed.
enum Undone {
    /// The job at this position failed and cannot be undone alone.
    By(usize),
    /// The commit was lost on its way, with this error: the group has to run again.
    Lost(StoreError),
    /// The transaction could not begin or end.
    All(StoreError),
}

impl Thread {
    fn run(self, mut queue: mpsc::Receiver<Box<dyn Job>>) {
        while let Some(first) = queue.blocking_recv() {
            let mut jobs = vec![first];
            while jobs.len() < BATCH
                && let Ok(next) = queue.try_recv()
            {
                jobs.push(next);
            }
            self.write(jobs);
        }
    }

    /// Commits jobs and answers them. The others run again without a job that has to be undone.
    fn write(&self, mut jobs: Vec<Box<dyn Job>>) {
        for turn in 1..=TOGETHER {
            let fate = match self.commit(&mut jobs) {
                Ok(news) => {
                    self.changes.tell(&news);
                    Ok(())
                }
                Err(Undone::By(failed)) => {
                    let ended = "an error ended the transaction of a write".to_owned();
                    jobs.remove(failed).answer(Err(StoreError::Damaged(ended)));
                    continue;
                }
                Err(Undone::Lost(_)) if turn < TOGETHER => continue,
                Err(Undone::Lost(error) | Undone::All(error)) => {
                    tracing::error!(%error, writes = jobs.len(), "failed to commit");
                    Err(error)
                }
            };
            return jobs.into_iter().for_each(|job| job.answer(fate.clone()));
        }
        jobs.into_iter().for_each(|job| self.write(vec![job]));
    }

    /// Runs jobs in one transaction. Nothing of it remains if it fails, be it at the commit.
    fn commit(&self, jobs: &mut [Box<dyn Job>]) -> Result<News, Undone> {
        if jobs.is_empty() {
            return Ok(News::default());
        }
        self.conn.begin(Access::Write).map_err(|error| Undone::All(error.into()))?;
        let batch = RefCell::<Batch>::default();
        let done = self.apply(jobs, &batch).and_then(|()| {
            batch.borrow().write(&self.conn).map_err(Undone::All)?;
            self.end()
        });
        if done.is_err()
            && let Err(error) = self.conn.rollback()
        {
            tracing::error!(%error, "failed to undo writes");
        }
        done.map(|()| batch.into_inner().news)
    }

    /// Commits. Where it is not known whether that succeeded, the database is asked.
    fn end(&self) -> Result<(), Undone> {
        let failed = |error: jackfield_sql::Error| Undone::All(error.into());
        if let Some(sent) = &self.sent {
            sent.mark(&self.conn).map_err(failed)?;
        }
        match (self.conn.commit(), &self.sent) {
            (Err(error), Some(sent)) if *error.class() == ErrorClass::Unknown => {
                tracing::warn!(%error, "a commit may be lost: reading whether it is in the store");
                if sent.is_committed(&self.conn).map_err(failed)? {
                    Ok(())
                } else {
                    Err(Undone::Lost(error.into()))
                }
            }
            (committed, _) => committed.map_err(failed),
        }
    }

    fn apply(&self, jobs: &mut [Box<dyn Job>], batch: &RefCell<Batch>) -> Result<(), Undone> {
        for (position, job) in jobs.iter_mut().enumerate() {
            let tx = Tx {
                conn: &self.conn,
                now: self.clock.now(),
                calendar: &self.calendar,
                redact: &self.redact,
                batch,
                wrote: Cell::new(false),
            };
            let succeeded = job.run(&tx);
            // Some errors (a full disk) end the whole transaction, whatever the job makes of them.
            if !self.conn.is_open() || (!succeeded && tx.wrote.get()) {
                return Err(Undone::By(position));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
