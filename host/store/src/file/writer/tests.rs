//! Tests of the writer: groups of writes, and what a failure in one costs the others.

use super::*;
use crate::file::{Counted, MIGRATIONS, Sql, total};
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
    writer: Arc<Writer>,
    changes: Arc<Changes>,
    commits: Arc<Mutex<u32>>,
    /// The number of commits to come that fail.
    failing: Arc<Mutex<u32>>,
    /// How the next commits are lost.
    lost: Arc<Mutex<Vec<Lost>>>,
    _folder: TempDir,
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let backend = Sqlite::open(folder.path(), Duration::from_secs(1)).unwrap();
    let conn = backend.writer().unwrap();
    backend.migrate(&conn, MIGRATIONS).unwrap();
    let commits = Arc::new(Mutex::new(0));
    let failing = Arc::new(Mutex::new(0));
    let lost = Arc::new(Mutex::new(Vec::new()));
    let conn = Connection::new(Counting {
        conn,
        commits: Arc::clone(&commits),
        failing: Arc::clone(&failing),
        lost: Arc::clone(&lost),
    });
    let (changes, calendar) = (Arc::new(Changes::new()), Arc::new(Calendar::new("UTC").unwrap()));
    let shared: (Arc<dyn Clock>, _, _) = (Arc::new(SystemClock), calendar, Arc::clone(&changes));
    let redact = Redact::new(|text| text.contains("hush").then(|| text.replace("hush", "[KEY]")));
    let writer = Arc::new(Writer::start(conn, shared, redact).unwrap());
    Desk { backend, writer, changes, commits, failing, lost, _folder: folder }
}

/// How a commit is lost.
#[derive(Clone, Copy)]
enum Lost {
    /// Before the database heard of it.
    Call,
    /// The database committed, and its answer is lost.
    Answer,
}

/// Counts commits, and lets some of them fail or get lost.
struct Counting {
    conn: Connection,
    commits: Arc<Mutex<u32>>,
    failing: Arc<Mutex<u32>>,
    lost: Arc<Mutex<Vec<Lost>>>,
}

/// An error of a connection that broke.
#[derive(Debug, thiserror::Error)]
#[error("the connection broke")]
struct Broken;

impl Driver for Counting {
    fn execute(&self, sql: &str, params: &[ValueRef<'_>]) -> jackfield_sql::Result<usize> {
        self.conn.execute(sql, params)
    }

    fn query(&self, sql: &str, params: &[ValueRef<'_>], each: &mut EachRow<'_>) -> jackfield_sql::Result<()> {
        self.conn.query(sql, params, each)
    }

    fn batch(&self, sql: &str) -> jackfield_sql::Result<()> {
        self.conn.batch(sql)
    }

    fn begin(&self, access: Access) -> jackfield_sql::Result<()> {
        self.conn.begin(access)
    }

    fn commit(&self) -> jackfield_sql::Result<()> {
        let mut failing = self.failing.lock();
        if *failing > 0 {
            *failing -= 1;
            return Err(jackfield_sql::Error::other("the disk is gone"));
        }
        let broken = jackfield_sql::Error::new(ErrorClass::Unknown, Broken);
        match self.lost.lock().pop() {
            Some(Lost::Call) => return self.conn.rollback().and(Err(broken)),
            Some(Lost::Answer) => return self.conn.commit().and(Err(broken)),
            None => {}
        }
        *self.commits.lock() += 1;
        self.conn.commit()
    }

    fn may_lose_commits(&self) -> bool {
        true
    }

    fn is_open(&self) -> bool {
        self.conn.is_open()
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

/// Keeps the writer busy. What is queued until the result is dropped is one group.
async fn hold(desk: &Desk) -> std::sync::mpsc::Sender<()> {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (begins, mut began) = mpsc::unbounded_channel();
    let writer = Arc::clone(&desk.writer);
    tokio::spawn(async move {
        let wait = move |_: &Tx<'_>| {
            let _ = begins.send(());
            let _ = held.recv();
            Ok(())
        };
        writer.write(wait).await
    });
    began.recv().await.unwrap();
    release
}

fn not_meant<T>() -> Result<T, StoreError> {
    Err(StoreError::Misuse("it was not meant".to_owned()))
}

#[tokio::test]
async fn what_is_queued_during_a_write_shares_the_next_commit_and_a_failure_undoes_only_itself() {
    let desk = desk();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let first = desk.writer.write(move |tx| {
        let _ = held.recv();
        note(tx, "first")
    });
    let kept = desk.writer.write(|tx| note(tx, "kept"));
    let failing = desk.writer.write(|tx| {
        note(tx, "undone")?;
        not_meant::<()>()
    });
    let also_kept = desk.writer.write(|tx| note(tx, "also kept"));
    // Polled in this order, so all are queued when the first is let go.
    let let_go = async { drop(release) };
    let (first, kept, failed, also_kept, ()) = tokio::join!(first, kept, failing, also_kept, let_go);
    assert_eq!(failed.unwrap_err().to_string(), "it was not meant");
    assert!(first.is_ok() && kept.is_ok() && also_kept.is_ok());
    assert!(*desk.commits.lock() <= 2, "four writes, one or two commits");
    assert_eq!(notes(&desk).await, ["first", "kept", "also kept"]);
    assert_eq!(*desk.changes.of_events().borrow(), 3);
}

#[tokio::test]
async fn job_that_fails_after_it_wrote_makes_its_neighbours_run_again_with_one_effect() {
    let desk = desk();
    let ran: [Arc<Mutex<u32>>; 3] = Default::default();
    let job = |ran: &Arc<Mutex<u32>>, text: &'static str, fails: bool| {
        let ran = Arc::clone(ran);
        move |tx: &Tx<'_>| {
            *ran.lock() += 1;
            note(tx, text)?;
            tx.count(Counted::Tasks, 1);
            tx.change_sum(&Scope::All, "ever", |sum| sum.spent_billed += Micros(1))?;
            if fails { not_meant() } else { Ok(()) }
        }
    };
    let release = hold(&desk).await;
    let before = desk.writer.write(job(&ran[0], "before", false));
    let failing = desk.writer.write(job(&ran[1], "undone", true));
    let after = desk.writer.write(job(&ran[2], "after", false));
    let (before, failed, after, ()) = tokio::join!(before, failing, after, async { drop(release) });
    assert!(before.is_ok() && failed.is_err() && after.is_ok());
    assert_eq!(ran.map(|ran| *ran.lock()), [2, 1, 1], "how often each ran");
    assert_eq!(*desk.commits.lock(), 2, "the held write, and the group");
    assert_eq!(notes(&desk).await, ["before", "after"]);
    assert_eq!(*desk.changes.of_events().borrow(), 2, "no number is left out");
    let counted = |tx: &Tx<'_>| {
        let spent = tx.sum(&Scope::All, "ever")?.unwrap_or_default().spent_billed;
        Ok((total(tx, Counted::Tasks)?, spent))
    };
    assert_eq!(desk.writer.write(counted).await.unwrap(), (2, Micros(2)));
}

#[tokio::test]
async fn job_that_fails_before_it_wrote_makes_nobody_run_again() {
    let desk = desk();
    let ran = Arc::new(Mutex::new(0));
    let again = Arc::clone(&ran);
    let release = hold(&desk).await;
    let before = desk.writer.write(move |tx| {
        *again.lock() += 1;
        note(tx, "before")
    });
    let failing = desk.writer.write(|tx| {
        tx.exec("UPDATE runs SET priority = 1 WHERE id = ?1", ["nowhere"])?;
        tx.sum(&Scope::All, "ever")?;
        not_meant::<()>()
    });
    let (before, failed, ()) = tokio::join!(before, failing, async { drop(release) });
    assert!(before.is_ok() && failed.is_err());
    assert_eq!(*ran.lock(), 1);
    assert_eq!(notes(&desk).await, ["before"]);
}

#[tokio::test]
async fn many_failures_in_a_group_leave_the_others_with_one_effect_each() {
    let desk = desk();
    let release = hold(&desk).await;
    let mut jobs = tokio::task::JoinSet::new();
    for number in 0..20_u32 {
        let writer = Arc::clone(&desk.writer);
        jobs.spawn(async move {
            let work = move |tx: &Tx<'_>| {
                note(tx, &format!("{number:02}"))?;
                if number % 2 == 1 { not_meant() } else { Ok(()) }
            };
            (number, writer.write(work).await)
        });
    }
    // Each task queues its job when it is polled for the first time.
    tokio::task::yield_now().await;
    drop(release);
    while let Some(done) = jobs.join_next().await {
        let (number, result) = done.unwrap();
        assert_eq!(result.is_err(), number % 2 == 1, "{number}");
    }
    let even: Vec<String> = (0..20).step_by(2).map(|number| format!("{number:02}")).collect();
    assert_eq!(*desk.commits.lock(), 11, "the held write, and each of the ten alone");
    assert_eq!(notes(&desk).await, even);
}

#[tokio::test]
async fn commit_that_fails_is_an_error_for_every_job_and_leaves_nothing() {
    let desk = desk();
    let release = hold(&desk).await;
    let one = desk.writer.write(|tx| note(tx, "one"));
    let other = desk.writer.write(|tx| note(tx, "other"));
    *desk.failing.lock() = 2;
    let (one, other, ()) = tokio::join!(one, other, async { drop(release) });
    assert!(one.unwrap_err().to_string().contains("the disk is gone"));
    assert!(other.unwrap_err().to_string().contains("the disk is gone"));
    assert_eq!(*desk.failing.lock(), 0, "the held write, and the group once");
    desk.writer.write(|tx| note(tx, "after")).await.unwrap();
    assert_eq!(notes(&desk).await, ["after"]);
    assert_eq!(*desk.changes.of_events().borrow(), 1);
}

#[tokio::test]
async fn job_whose_error_ended_the_transaction_fails_even_if_it_goes_on() {
    let desk = desk();
    let release = hold(&desk).await;
    let before = desk.writer.write(|tx| note(tx, "before"));
    let ending = desk.writer.write(|tx| {
        note(tx, "undone")?;
        tx.change(|conn| conn.rollback())
    });
    let after = desk.writer.write(|tx| note(tx, "after"));
    let (before, ended, after, ()) = tokio::join!(before, ending, after, async { drop(release) });
    assert!(before.is_ok() && after.is_ok());
    assert_eq!(ended.unwrap_err().problem().code, "records_failed");
    assert_eq!(notes(&desk).await, ["before", "after"]);
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
        let _ = held.recv();
        spend(tx, 1)
    });
    let failing = desk.writer.write(move |tx| {
        spend(tx, 10)?;
        not_meant::<()>()
    });
    let released_too_much =
        desk.writer.write(|tx| tx.change_sum(&Scope::All, "ever", |sum| sum.reserved_billed -= Micros(1)));
    let last = desk.writer.write(move |tx| {
        let before = tx.sum(&Scope::All, "ever")?.unwrap_or_default().spent_billed;
        spend(tx, 100).map(|()| before)
    });
    let let_go = async { drop(release) };
    let (first, failed, refused, before, ()) = tokio::join!(first, failing, released_too_much, last, let_go);
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

#[tokio::test]
async fn lost_commit_is_made_once_whether_the_call_or_its_answer_was_lost() {
    let desk = desk();
    for lost in [Lost::Call, Lost::Answer] {
        desk.lost.lock().push(lost);
        desk.writer.write(|tx| note(tx, "once")).await.unwrap();
    }
    assert_eq!(notes(&desk).await, ["once", "once"]);
    assert_eq!(*desk.changes.of_events().borrow(), 2, "watchers hear of both");
}

#[tokio::test]
async fn commit_that_is_lost_again_and_again_is_an_error_and_leaves_nothing() {
    let desk = desk();
    *desk.lost.lock() = vec![Lost::Call; TOGETHER];
    let lost = desk.writer.write(|tx| note(tx, "never")).await;
    assert_eq!(lost.unwrap_err().problem().code, "records_failed");
    desk.writer.write(|tx| note(tx, "after")).await.unwrap();
    assert_eq!(notes(&desk).await, ["after"]);
}
