//! Workers: registration, heartbeats, and loss.

use super::{milliseconds, whole};
use crate::file::{Columns, Exact, Sql, Tx, stamp, word};
use crate::handles::Workers;
use crate::view::trail;
use crate::{Begun, NewWorker, RecordKind, StoreError, Worker, WorkerKind};
use jackfield_model::{HostEvent, WorkerBegan, WorkerEnded};
use jackfield_sql::params;
use jackfield_types::{RunId, Timestamp, WorkerId};
use serde_json::json;
use std::time::Duration;

/// The reply to a worker's heartbeat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heartbeat {
    /// Its runs that are to be cancelled, with the reasons.
    pub cancelled: Vec<(RunId, String)>,
    /// The worker was declared lost: its runs may belong to other workers, and it must register again.
    pub given_up: bool,
    /// The lease of the worker had run out before.
    pub late: bool,
}

const SELECT: &str = "
    SELECT workers.*, (SELECT COUNT(*) FROM runs JOIN attempts ON attempts.run = runs.id
                       WHERE runs.worker = workers.id AND runs.state = 'running'
                         AND attempts.state <> 'settled') AS busy
    FROM workers";

impl Workers<'_> {
    /// Registers a worker, or registers it again.
    pub async fn begin(self, worker: NewWorker) -> Result<(), StoreError> {
        let machine = self.0.machine().to_owned();
        self.0.write(move |tx| begin(tx, &worker, &machine)).await
    }

    /// Registers a remote worker. With `one`, it must be the only one of its principal, and an id of another principal
    /// is refused. The id of a local worker is always refused; one without a principal becomes its own.
    pub async fn begin_remote(self, worker: NewWorker, one: bool) -> Result<Begun, StoreError> {
        let machine = self.0.machine().to_owned();
        self.0
            .write(move |tx| {
                let sql = format!("{SELECT} WHERE id = ?1");
                let known = tx.one(&sql, [worker.id.to_string()], Worker::read)?;
                let foreign = |known: &Worker| {
                    known.kind == WorkerKind::Local
                        || (known.principal.is_some() && known.principal != worker.principal && one)
                };
                if known.as_ref().is_some_and(foreign) {
                    return Ok(Begun::NotItsOwn);
                }
                let sql =
                    "SELECT id FROM workers WHERE principal = ?1 AND id <> ?2 AND ended_at IS NULL LIMIT 1";
                let other =
                    tx.one(sql, params![worker.principal, worker.id.to_string()], |row| row.parsed("id"))?;
                if let Some(other) = other.filter(|_| one) {
                    return Ok(Begun::Another(other));
                }
                begin(tx, &worker, &machine).map(|()| Begun::Begun)
            })
            .await
    }

    /// Records a heartbeat, which extends the worker's lease. Returns the worker's runs that are to be cancelled.
    pub async fn heartbeat(self, worker: WorkerId, lease: Duration) -> Result<Heartbeat, StoreError> {
        self.0
            .write(move |tx| {
                let before = tx.one(
                    "SELECT lease_until_ms FROM workers WHERE id = ?1 AND ended_at IS NULL",
                    [worker.to_string()],
                    |row| row.get::<_, i64>("lease_until_ms"),
                )?;
                if before.is_some() {
                    tx.exec(
                        "UPDATE workers SET heartbeat_at = ?2, lease_until_ms = ?3 WHERE id = ?1",
                        params![
                            worker.to_string(),
                            stamp(tx.now),
                            milliseconds(tx.now).saturating_add(whole(lease))
                        ],
                    )?;
                }
                let cancelled = tx.all(
                    "SELECT id, cancel_reason FROM runs
                 WHERE worker = ?1 AND state = 'running' AND cancel_reason IS NOT NULL",
                    [worker.to_string()],
                    |row| Ok((row.parsed("id")?, row.get("cancel_reason")?)),
                )?;
                let late = before.is_some_and(|until| until < milliseconds(tx.now));
                Ok(Heartbeat { cancelled, given_up: before.is_none(), late })
            })
            .await
    }

    /// Ends a worker for the reason `why`: it stopped, or is declared lost.
    pub async fn end(self, worker: WorkerId, why: &str) -> Result<bool, StoreError> {
        let why = why.to_owned();
        self.0.write(move |tx| end(tx, worker, &why)).await
    }

    /// Returns workers: those that have not ended, or all.
    pub async fn list(self, ended_too: bool) -> Result<Vec<Worker>, StoreError> {
        self.0
            .read(move |conn| {
                let sql = format!("{SELECT} WHERE ended_at IS NULL OR ?1 ORDER BY id");
                conn.all(&sql, [ended_too], Worker::read)
            })
            .await
    }

    /// Returns a worker.
    pub async fn get(self, worker: WorkerId) -> Result<Worker, StoreError> {
        self.0
            .read(move |conn| {
                conn.one(&format!("{SELECT} WHERE id = ?1"), [worker.to_string()], Worker::read)?
                    .ok_or_else(|| StoreError::NotFound { what: RecordKind::Worker, id: worker.to_string() })
            })
            .await
    }

    /// Deletes workers without runs that ended, or sent their last heartbeat, before this time. Returns their number.
    pub async fn forget_before(self, before: Timestamp) -> Result<usize, StoreError> {
        self.0
            .write(move |tx| {
                tx.exec(
                    "DELETE FROM workers WHERE COALESCE(ended_at, heartbeat_at) < ?1
                     AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.worker = workers.id)",
                    [stamp(before)],
                )
            })
            .await
    }

    /// Ends a worker for the reason `why` if its lease has run out, by the clock of the store. False: it has renewed it,
    /// or has ended.
    pub async fn give_up(self, worker: WorkerId, why: &str) -> Result<bool, StoreError> {
        let why = why.to_owned();
        self.0
            .write(move |tx| {
                let expired = tx.one(
                    "SELECT 1 FROM workers WHERE id = ?1 AND ended_at IS NULL AND lease_until_ms < ?2",
                    params![worker.to_string(), milliseconds(tx.now)],
                    |_| Ok(()),
                )?;
                if expired.is_some() { end(tx, worker, &why) } else { Ok(false) }
            })
            .await
    }

    /// Returns the workers whose lease has run out.
    pub async fn expired(self) -> Result<Vec<Worker>, StoreError> {
        let now = milliseconds(self.0.clock().now());
        self.0
            .read(move |conn| {
                let sql = format!("{SELECT} WHERE ended_at IS NULL AND lease_until_ms < ?1 ORDER BY id");
                conn.all(&sql, [now], Worker::read)
            })
            .await
    }
}

fn begin(tx: &Tx<'_>, worker: &NewWorker, machine: &str) -> Result<(), StoreError> {
    let NewWorker { id, name, kind, instance, slots, executors, workspaces, principal, lease } = worker;
    tx.exec(
        "INSERT INTO workers (id, name, kind, instance, slots, executors, workspaces, started_at, heartbeat_at,
                              principal, machine, lease_until_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, instance = excluded.instance,
             slots = excluded.slots, executors = excluded.executors, workspaces = excluded.workspaces,
             heartbeat_at = excluded.heartbeat_at, ended_at = NULL,
             machine = excluded.machine, lease_until_ms = excluded.lease_until_ms,
             principal = COALESCE(principal, excluded.principal)",
        params![
            id.to_string(),
            name,
            word(kind),
            instance,
            slots,
            Exact(json!(executors).to_string()),
            Exact(workspaces.as_ref().map(|list| json!(list).to_string())),
            stamp(tx.now),
            principal,
            Exact(machine),
            milliseconds(tx.now).saturating_add(whole(*lease)),
        ],
    )?;
    let began = WorkerBegan { worker: *id, kind: *kind, slots: *slots };
    trail::add_event(tx, name, &HostEvent::WorkerBegan(began)).map(drop)
}

fn end(tx: &Tx<'_>, worker: WorkerId, why: &str) -> Result<bool, StoreError> {
    let ended = tx.exec(
        "UPDATE workers SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL",
        params![worker.to_string(), stamp(tx.now)],
    )?;
    if ended > 0 {
        let ended = WorkerEnded { why: why.to_owned() };
        trail::add_event(tx, &worker.to_string(), &HostEvent::WorkerEnded(ended))?;
    }
    Ok(ended > 0)
}
