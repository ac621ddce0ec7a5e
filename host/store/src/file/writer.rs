//! The one writer: what is queued while a commit is under way goes into the next one together.
//!
//! ```text
//! callers   a b c ──queue──▶ BEGIN
//!                            SAVEPOINT a … RELEASE
//!                            SAVEPOINT b … fails: ROLLBACK TO, only b is told
//!                            SAVEPOINT c … RELEASE
//!           d e f ──queue──▶ COMMIT (one sync to the disk)
//!           a, c are answered, watchers are told; then d e f
//! ```
//!
//! Nobody is answered before the commit. What a write transaction reads cannot be changed by another process
//! before it commits.

use super::tx::Batch;
use super::{Changes, Redact, Sql, Tx};
use crate::StoreError;
use crate::money::Calendar;
use jackfield_sql::{Access, Connection};
use jackfield_types::Clock;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// So many jobs share a commit at most, so that the file is not locked for long.
const BATCH: usize = 256;

/// So many jobs wait at most; who comes later waits to be queued.
const QUEUE: usize = 4096;

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
        (clock, calendar, changes): (Arc<dyn Clock>, Arc<Calendar>, Arc<Changes>),
        redact: Redact,
    ) -> Result<Self, StoreError> {
        let (sender, queue) = mpsc::channel(QUEUE);
        let thread = Thread { conn, clock, calendar, changes, redact };
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
    redact: Redact,
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
            let left = RefCell::<Batch>::default();
            let fate = self.commit(&mut jobs, &left);
            match &fate {
                Ok(()) => self.changes.tell(&left.into_inner().news),
                Err(error) => tracing::error!(%error, writes = jobs.len(), "failed to commit"),
            }
            for job in jobs {
                job.answer(fate.clone());
            }
        }
    }

    fn commit(&self, jobs: &mut [Box<dyn Job>], batch: &RefCell<Batch>) -> Result<(), StoreError> {
        self.conn.begin(Access::Write)?;
        let done = jobs
            .iter_mut()
            .try_for_each(|job| self.apply(job.as_mut(), batch))
            .and_then(|()| batch.borrow().write(&self.conn))
            .and_then(|()| Ok(self.conn.commit()?));
        if done.is_err() {
            drop(self.conn.rollback());
        }
        done
    }

    fn apply(&self, job: &mut dyn Job, batch: &RefCell<Batch>) -> Result<(), StoreError> {
        let mark = batch.borrow().mark();
        self.conn.exec("SAVEPOINT job", [])?;
        let tx = Tx {
            conn: &self.conn,
            now: self.clock.now(),
            calendar: &self.calendar,
            redact: &self.redact,
            batch,
        };
        if !job.run(&tx) {
            batch.borrow_mut().back_to(mark);
            // Some errors (a full disk) end the whole transaction; then this fails and all are told.
            self.conn.exec("ROLLBACK TO job", [])?;
        }
        self.conn.exec("RELEASE job", []).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{Counted, MIGRATIONS, total};
    use crate::money::Scope;
    use jackfield_sql::{Backend, Driver, EachRow, ValueRef};
    use jackfield_sqlite::Sqlite;
    use jackfield_types::{Micros, SystemClock};
    use parking_lot::Mutex;
    use std::time::Duration;
    use tempfile::TempDir;

    /// A writer on a new file, with a count of its commits.
    struct Desk {
        backend: Sqlite,
        writer: Writer,
        changes: Arc<Changes>,
        commits: Arc<Mutex<u32>>,
        _folder: TempDir,
    }

    fn desk() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let backend = Sqlite::open(folder.path(), Duration::from_secs(1)).unwrap();
        let conn = backend.writer().unwrap();
        backend.migrate(&conn, MIGRATIONS).unwrap();
        let commits = Arc::new(Mutex::new(0));
        let conn = Connection::new(Counting { conn, commits: Arc::clone(&commits) });
        let (changes, calendar) = (Arc::new(Changes::new()), Arc::new(Calendar::new("UTC").unwrap()));
        let shared: (Arc<dyn Clock>, _, _) = (Arc::new(SystemClock), calendar, Arc::clone(&changes));
        let redact = Redact::new(|text| text.contains("hush").then(|| text.replace("hush", "[KEY]")));
        let writer = Writer::start(conn, shared, redact).unwrap();
        Desk { backend, writer, changes, commits, _folder: folder }
    }

    /// Counts commits.
    struct Counting {
        conn: Connection,
        commits: Arc<Mutex<u32>>,
    }

    impl Driver for Counting {
        fn execute(&self, sql: &str, params: &[ValueRef<'_>]) -> jackfield_sql::Result<usize> {
            self.conn.execute(sql, params)
        }

        fn query(
            &self,
            sql: &str,
            params: &[ValueRef<'_>],
            each: &mut EachRow<'_>,
        ) -> jackfield_sql::Result<()> {
            self.conn.query(sql, params, each)
        }

        fn batch(&self, sql: &str) -> jackfield_sql::Result<()> {
            self.conn.batch(sql)
        }

        fn begin(&self, access: Access) -> jackfield_sql::Result<()> {
            self.conn.begin(access)
        }

        fn commit(&self) -> jackfield_sql::Result<()> {
            *self.commits.lock() += 1;
            self.conn.commit()
        }

        fn rollback(&self) -> jackfield_sql::Result<()> {
            self.conn.rollback()
        }
    }

    fn note(tx: &Tx<'_>, text: &str) -> Result<(), StoreError> {
        let event = jackfield_model::HostEvent::read("note", "null");
        crate::view::trail::add_event(tx, text, &event).map(drop)
    }

    async fn notes(desk: &Desk) -> Vec<String> {
        let read = |tx: &Tx<'_>| tx.all("SELECT subject FROM events ORDER BY seq", [], |row| row.get(0));
        desk.writer.write(read).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_queued_during_a_write_shares_the_next_commit_and_a_failure_undoes_only_itself() {
        let desk = desk();
        let (release, held) = std::sync::mpsc::channel::<()>();
        let first = desk.writer.write(move |tx| {
            held.recv().map_err(|_| StoreError::Closed)?;
            note(tx, "first")
        });
        let kept = desk.writer.write(|tx| note(tx, "kept"));
        let failing = desk.writer.write(|tx| {
            note(tx, "undone")?;
            Err::<(), _>(StoreError::Misuse("it was not meant".to_owned()))
        });
        let also_kept = desk.writer.write(|tx| note(tx, "also kept"));
        // Polled in this order, so all are queued when the first is let go.
        let let_go = async { release.send(()).unwrap() };
        let (first, kept, failed, also_kept, ()) = tokio::join!(first, kept, failing, also_kept, let_go);
        assert_eq!(failed.unwrap_err().to_string(), "it was not meant");
        assert!(first.is_ok() && kept.is_ok() && also_kept.is_ok());
        assert!(*desk.commits.lock() <= 2, "four writes, one or two commits");
        assert_eq!(notes(&desk).await, ["first", "kept", "also kept"]);
        assert_eq!(*desk.changes.of_events().borrow(), 3);
    }

    #[tokio::test]
    async fn totals_and_sums_of_a_failed_job_are_not_written_and_its_neighbours_see_none_of_them() {
        let desk = desk();
        let spend = |tx: &Tx<'_>, micros: i64| {
            tx.count(Counted::Tasks, 1);
            tx.change_sum(&Scope::All, "ever", |sum| sum.spent_billed += Micros(micros))
        };
        let (release, held) = std::sync::mpsc::channel::<()>();
        let first = desk.writer.write(move |tx| {
            held.recv().map_err(|_| StoreError::Closed)?;
            spend(tx, 1)
        });
        let failing = desk.writer.write(move |tx| {
            spend(tx, 10)?;
            Err::<(), _>(StoreError::Misuse("it was not meant".to_owned()))
        });
        let released_too_much = desk
            .writer
            .write(|tx| tx.change_sum(&Scope::All, "ever", |sum| sum.reserved_billed -= Micros(1)));
        let last = desk.writer.write(move |tx| {
            let before = tx.sum(&Scope::All, "ever")?.unwrap_or_default().spent_billed;
            spend(tx, 100).map(|()| before)
        });
        let let_go = async { release.send(()).unwrap() };
        let (first, failed, refused, before, ()) =
            tokio::join!(first, failing, released_too_much, last, let_go);
        assert!(first.is_ok() && failed.is_err());
        assert!(refused.unwrap_err().to_string().contains("more was released than reserved"));
        assert_eq!(before.unwrap(), Micros(1), "the sum as the first job left it");
        let read = |tx: &Tx<'_>| {
            let spent = "SELECT spent_billed FROM breaker WHERE scope = 'all' AND period = 'ever'";
            let spent = tx.one(spent, [], |row| row.get::<_, i64>(0))?;
            Ok((spent, total(tx, Counted::Tasks)?))
        };
        assert_eq!(desk.writer.write(read).await.unwrap(), (Some(101), 2));
    }

    #[tokio::test]
    async fn text_that_holds_a_secret_is_written_without_it() {
        let desk = desk();
        desk.writer.write(|tx| note(tx, "it is hush")).await.unwrap();
        let returning =
            "INSERT INTO events (at, kind, subject, payload) VALUES (?1, 'k', ?1, 'null') RETURNING subject";
        let given = |tx: &Tx<'_>| tx.one(returning, ["hush too"], |row| row.get::<_, String>(0));
        assert_eq!(desk.writer.write(given).await.unwrap().as_deref(), Some("[KEY] too"));
        assert_eq!(notes(&desk).await, ["it is [KEY]", "[KEY] too"]);
    }

    #[tokio::test]
    async fn a_write_that_panics_is_told_of_and_the_next_one_goes_on() {
        let desk = desk();
        let broken = desk.writer.write(|tx| {
            note(tx, "undone")?;
            panic!("a mistake")
        });
        let broken: Result<(), _> = broken.await;
        assert_eq!(broken.unwrap_err().problem().code, "records_failed");
        desk.writer.write(|tx| note(tx, "after")).await.unwrap();
        assert_eq!(notes(&desk).await, ["after"]);
    }

    #[tokio::test]
    async fn a_writer_that_cannot_get_the_file_says_that_it_is_busy() {
        let desk = desk();
        let other = desk.backend.writer().unwrap();
        other.begin(Access::Write).unwrap();
        let waiting = desk.writer.write(|tx| note(tx, "never")).await;
        assert_eq!(waiting.unwrap_err().problem().code, "records_busy");
        other.rollback().unwrap();
        desk.writer.write(|tx| note(tx, "after")).await.unwrap();
        assert_eq!(notes(&desk).await, ["after"]);
    }
}
