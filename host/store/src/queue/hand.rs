//! Running runs: takeover and cancellation.

use super::lines;
use crate::file::{Columns, Counted, Sql, signed, total};
use crate::handles::Queue;
use crate::life::events;
use crate::{Hold, StoreError};
use jackfield_model::{CancelAsked, RunEvent, RunTakenOver};
use jackfield_sql::{Connection, params};
use jackfield_types::{RunId, RunState, Timestamp, WorkerId};

/// A run that a worker executes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InHand {
    /// The run, with the claim that is in force.
    pub hold: Hold,
    /// Its worker; `None` if a version without workers recorded it.
    pub worker: Option<WorkerId>,
    /// The holder of its attempts.
    pub holder: Option<String>,
}

impl Queue<'_> {
    /// Returns every running run.
    pub async fn in_hand(self) -> Result<Vec<InHand>, StoreError> {
        self.0
            .read(|conn| {
                conn.all(
                    "SELECT id, epoch, worker, (SELECT host FROM attempts WHERE attempts.run = runs.id
                                     ORDER BY number DESC LIMIT 1) AS holder
                 FROM runs WHERE state = 'running' ORDER BY id",
                    [],
                    |row| {
                        Ok(InHand {
                            hold: Hold { run: row.parsed("id")?, epoch: row.count("epoch")? },
                            worker: row.parsed_opt("worker")?,
                            holder: row.get("holder")?,
                        })
                    },
                )
            })
            .await
    }

    /// Gives a lost worker's run and its attempts to another worker, whose claim is in force from then on. `None`: the
    /// run has ended or another worker took it.
    pub async fn take_over(
        self,
        lost: &InHand,
        to: WorkerId,
        holder: &str,
    ) -> Result<Option<Hold>, StoreError> {
        let (Hold { run, epoch }, from, holder) = (lost.hold, lost.worker, holder.to_owned());
        self.0
            .write(move |tx| {
                let taken = tx.one(
                    "UPDATE runs SET worker = ?3, epoch = epoch + 1, affinity = NULL
                     WHERE id = ?1 AND epoch = ?2 AND state = 'running' RETURNING epoch",
                    params![run.to_string(), signed(epoch), to.to_string()],
                    |row| row.count("epoch"),
                )?;
                let Some(epoch) = taken else { return Ok(None) };
                tx.exec(
                    "UPDATE attempts SET host = ?2 WHERE run = ?1 AND state <> 'settled'",
                    params![run.to_string(), holder],
                )?;
                events::add(tx, run, None, &RunEvent::RunTakenOver(RunTakenOver { from, to }))?;
                Ok(Some(Hold { run, epoch }))
            })
            .await
    }

    /// Returns whether a claim is still in force.
    pub async fn holds(self, hold: Hold) -> Result<bool, StoreError> {
        self.0
            .read(move |conn| {
                let found = conn.one(
                    "SELECT 1 FROM runs WHERE id = ?1 AND epoch = ?2",
                    params![hold.run.to_string(), signed(hold.epoch)],
                    |_| Ok(()),
                )?;
                Ok(found.is_some())
            })
            .await
    }

    /// Frees the runs that were reserved for a lost host instance. Returns their number.
    pub async fn forget_affinity(self, instance: &str) -> Result<usize, StoreError> {
        let instance = instance.to_owned();
        self.0
            .write(move |tx| {
                tx.exec(
                    "UPDATE runs SET affinity = NULL WHERE state = 'queued' AND affinity = ?1",
                    [&instance],
                )
            })
            .await
    }

    /// Returns the host instances that queued runs are reserved for.
    pub async fn affinities(self) -> Result<Vec<String>, StoreError> {
        let both = |conn: &Connection| {
            let mut all = lines::affinities(conn)?;
            all.extend(lines::resting_affinities(conn)?);
            all.sort_unstable();
            all.dedup();
            Ok(all)
        };
        self.0.read(both).await
    }

    /// Requests the cancellation of a running run. Only the first reason counts. False: no worker executes it.
    pub async fn ask_to_end(self, run: RunId, reason: &str) -> Result<bool, StoreError> {
        let reason = reason.to_owned();
        self.0.write(move |tx| {
            let asked = tx.exec(
                "UPDATE runs SET cancel_reason = COALESCE(cancel_reason, ?2) WHERE id = ?1 AND state = 'running'",
                params![run.to_string(), reason],
            )?;
            if asked > 0 {
                events::add(tx, run, None, &RunEvent::CancelAsked(CancelAsked { reason: reason.clone() }))?;
            }
            Ok(asked > 0)
        })
        .await
    }

    /// Returns a worker's runs that are to be cancelled, with the reasons.
    pub async fn called_off(self, worker: WorkerId) -> Result<Vec<(RunId, String)>, StoreError> {
        self.0
            .read(move |conn| {
                conn.all(
                    "SELECT id, cancel_reason FROM runs
                 WHERE worker = ?1 AND state = 'running' AND cancel_reason IS NOT NULL",
                    [worker.to_string()],
                    |row| Ok((row.parsed("id")?, row.get("cancel_reason")?)),
                )
            })
            .await
    }

    /// Returns the number of queued runs, and the time since when the oldest is queued.
    pub async fn waiting(self) -> Result<(u64, Option<Timestamp>), StoreError> {
        self.0
            .read(|conn| {
                let oldest = lines::oldest(conn)?.and_then(|at| Timestamp::from_millisecond(at).ok());
                Ok((total(conn, Counted::Runs(RunState::Queued))?, oldest))
            })
            .await
    }
}
