//! The floor of durable transitions: rusqlite with the store's pragmas, one writer thread that commits
//! what is queued together, and the least that a transition has to write: the run's new state and an
//! event that says so.

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, params};
use std::path::Path;
use tokio::sync::{mpsc, oneshot};

/// As many as the store commits together at most.
const BATCH: usize = 256;

const SCHEMA: &str = "
    CREATE TABLE runs (id TEXT PRIMARY KEY, state TEXT NOT NULL, last_seq INTEGER NOT NULL) STRICT;
    CREATE TABLE run_events (
        run TEXT NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
        PRIMARY KEY (run, seq)
    ) STRICT, WITHOUT ROWID;";

/// A transition of one run, and who waits for it to be on the disk.
struct Job {
    run: String,
    state: &'static str,
    done: oneshot::Sender<bool>,
}

/// The way to the writer thread, which ends when the last of these is gone.
#[derive(Clone)]
pub(crate) struct BareStore(mpsc::Sender<Job>);

impl BareStore {
    pub(crate) fn open(file: &Path) -> Result<Self> {
        let conn = Connection::open(file)?;
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "foreign_keys", true)?;
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        conn.pragma_update(None, "journal_size_limit", 64 << 20)?;
        conn.execute_batch(SCHEMA)?;
        let (jobs, queue) = mpsc::channel(4096);
        std::thread::Builder::new().name("bare-writer".to_owned()).spawn(move || write_all(&conn, queue))?;
        Ok(Self(jobs))
    }

    /// Answers when the run's new state is on the disk. A run that is not there is made.
    pub(crate) async fn transition(&self, run: &str, state: &'static str) -> Result<()> {
        let (done, answer) = oneshot::channel();
        let sent = self.0.send(Job { run: run.to_owned(), state, done }).await;
        sent.ok().context("the writer has ended")?;
        ensure!(answer.await?, "the transition was not written");
        Ok(())
    }
}

fn write_all(conn: &Connection, mut queue: mpsc::Receiver<Job>) {
    while let Some(first) = queue.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
        let written = commit(conn, &batch).is_ok();
        // Whoever no longer waits is not told.
        for job in batch {
            let _ = job.done.send(written);
        }
    }
}

fn commit(conn: &Connection, batch: &[Job]) -> rusqlite::Result<()> {
    conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    for Job { run, state, .. } in batch {
        let seq: i64 = conn
            .prepare_cached(
                "INSERT INTO runs (id, state, last_seq) VALUES (?1, ?2, 1)
                 ON CONFLICT (id) DO UPDATE SET state = ?2, last_seq = last_seq + 1 RETURNING last_seq",
            )?
            .query_row(params![run, state], |row| row.get(0))?;
        conn.prepare_cached(
            "INSERT INTO run_events (run, seq, at, kind, payload) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            run,
            seq,
            "2026-01-01T00:00:00.000000Z",
            state,
            "{\"from\":\"queued\",\"why\":null}"
        ])?;
    }
    conn.prepare_cached("COMMIT")?.execute([]).map(drop)
}
