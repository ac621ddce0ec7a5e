//! A database with as many runs as are asked for: copies of one run that the store recorded itself.

use anyhow::{Context, Result};
use jackfield_types::RunId;
use rusqlite::{Connection, TransactionBehavior};
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

/// Copies of one transaction: the log of a greater one would be larger than the database.
const CHUNK: u32 = 20_000;

/// Seconds between the copies, so that a million runs took most of a year.
const APART: u32 = 30;

/// Copies a run, `count` times, with its task, its attempts and everything that was recorded about them. The copies are
/// in the workspaces of the file, in turn, and their times begin `APART * count` seconds before the run.
pub(crate) fn copy(file: &Path, run: RunId, count: u32) -> Result<()> {
    let mut conn = Connection::open(file)?;
    // A host that has just stopped may write a last word.
    conn.busy_timeout(Duration::from_secs(60))?;
    conn.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA temp_store = MEMORY")?;
    let run = run.to_string();
    let task: String = conn.query_row("SELECT task FROM runs WHERE id = ?1", [&run], |row| row.get(0))?;
    // Files of several kinds of runs have copies of each.
    let first: u32 = conn.query_row("SELECT COUNT(*) FROM runs", [], |row| row.get(0))?;
    for done in (0..count).step_by(CHUNK as usize) {
        let numbers = first + done..first + count.min(done + CHUNK);
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        chunk(&tx, (&task, &run), numbers, first + count)?;
        tx.commit()?;
    }
    conn.execute_batch(
        "INSERT OR REPLACE INTO totals (name, value)
             SELECT 'tasks', COUNT(*) FROM tasks
             UNION ALL SELECT 'attempts', COUNT(*) FROM attempts
             UNION ALL SELECT 'attempts_in_flight', COUNT(*) FROM attempts WHERE state <> 'settled'
             UNION ALL SELECT 'runs_' || state, COUNT(*) FROM runs GROUP BY state",
    )?;
    conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").context("failed to checkpoint the copies")
}

/// Makes the copies with these numbers; the last of all has the number `end`.
fn chunk(conn: &Connection, (task, run): (&str, &str), numbers: Range<u32>, end: u32) -> Result<()> {
    conn.execute_batch(
        "CREATE TEMP TABLE places AS SELECT ROW_NUMBER() OVER (ORDER BY id) - 1 AS number, id FROM workspaces;
         CREATE TEMP TABLE copies (number INTEGER PRIMARY KEY, workspace TEXT NOT NULL)",
    )?;
    conn.execute(
        "WITH RECURSIVE numbers (number) AS
             (SELECT ?1 UNION ALL SELECT number + 1 FROM numbers WHERE number + 1 < ?2)
         INSERT INTO copies SELECT numbers.number, places.id FROM numbers
         JOIN places ON places.number = numbers.number % (SELECT COUNT(*) FROM places)",
        [numbers.start, numbers.end],
    )?;
    for (table, of_task) in [
        ("tasks", "id"),
        ("runs", "task"),
        ("attempts", "task"),
        ("ledger", "task"),
        ("plugin_calls", "task"),
        ("decisions", "task"),
    ] {
        rows(conn, table, &format!("t.{of_task} = ?1"), task, end)?;
    }
    for table in ["run_events", "artifacts", "transcripts"] {
        rows(conn, table, "t.run = ?1", run, end)?;
    }
    rows(conn, "breaker", "t.scope = 'task:' || ?1", task, end)?;
    rows(conn, "breaker", "t.scope = 'run:' || ?1", run, end)?;
    Ok(conn.execute_batch("DROP TABLE temp.copies; DROP TABLE temp.places")?)
}

/// Copies the rows of a table that are about the run.
fn rows(conn: &Connection, table: &str, which: &str, of: &str, end: u32) -> Result<()> {
    let mut columns = Vec::new();
    let mut values = Vec::new();
    let mut info = conn.prepare("SELECT name, type, pk FROM pragma_table_info(?1)")?;
    let mut found = info.query([table])?;
    while let Some(row) = found.next()? {
        let (name, kind, key): (String, String, u32) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if key == 1 && kind == "INTEGER" {
            continue;
        }
        values.push(value(&name, end));
        columns.push(name);
    }
    let sql = format!(
        "INSERT INTO {table} ({}) SELECT {} FROM {table} t, copies WHERE {which} ORDER BY copies.number",
        columns.join(", "),
        values.join(", ")
    );
    conn.execute(&sql, [of]).with_context(|| format!("failed to copy rows of {table}"))?;
    Ok(())
}

/// The value of a column in a copy.
fn value(column: &str, end: u32) -> String {
    let ago = format!("printf('-%d seconds', ({end} - copies.number) * {APART})");
    match column {
        "id" | "task" | "run" | "attempt" => {
            format!("'01' || printf('%08d', copies.number) || substr(t.{column}, 11)")
        }
        "scope" => "substr(t.scope, 1, instr(t.scope, ':')) || '01' || printf('%08d', copies.number)
                        || substr(t.scope, instr(t.scope, ':') + 11)"
            .to_owned(),
        "workspace" => "copies.workspace".to_owned(),
        "at" | "created_at" | "started_at" | "ended_at" | "settled_at" | "updated_at" => {
            format!("strftime('%Y-%m-%dT%H:%M:%f000Z', t.{column}, {ago})")
        }
        "day" => format!("strftime('%Y-%m-%d', t.at, {ago})"),
        "month" => format!("strftime('%Y-%m', t.at, {ago})"),
        other => format!("t.{other}"),
    }
}
