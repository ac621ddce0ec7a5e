//! Running runs: takeover, cancellation and adoption.

use super::lines;
use crate::file::{Columns, Counted, Exact, Sql, total};
use crate::handles::Queue;
use crate::life::events;
use crate::view::runs;
use crate::{CheckResult, RecordKind, StoreError};
use jackfield_model::{AttemptAdopted, CancelAsked, CheckOutcome, Checked, RunEvent, RunTakenOver};
use jackfield_types::{AttemptId, AttemptState, RunId, RunState, Timestamp, WorkerId};
use rusqlite::{Connection, params};
use serde_json::Value;

/// A run that a worker executes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InHand {
    /// The run.
    pub run: RunId,
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
                    "SELECT id, worker, (SELECT host FROM attempts WHERE attempts.run = runs.id
                                     ORDER BY number DESC LIMIT 1) AS holder
                 FROM runs WHERE state = 'running' ORDER BY id",
                    [],
                    |row| {
                        Ok(InHand {
                            run: row.parsed("id")?,
                            worker: row.parsed_opt("worker")?,
                            holder: row.get("holder")?,
                        })
                    },
                )
            })
            .await
    }

    /// Gives a lost worker's run and its attempts to another worker. False: the run has ended or another worker took
    /// it.
    pub async fn take_over(
        self,
        run: RunId,
        from: Option<WorkerId>,
        to: WorkerId,
        holder: &str,
    ) -> Result<bool, StoreError> {
        let holder = holder.to_owned();
        self.0
            .write(move |tx| {
                let taken = tx.exec(
                    "UPDATE runs SET worker = ?3, affinity = NULL
                 WHERE id = ?1 AND worker IS ?2 AND state = 'running'",
                    params![run.to_string(), from.map(|id| id.to_string()), to.to_string()],
                )?;
                if taken == 0 {
                    return Ok(false);
                }
                tx.exec(
                    "UPDATE attempts SET host = ?2 WHERE run = ?1 AND state <> 'settled'",
                    params![run.to_string(), holder],
                )?;
                events::add(tx, run, None, &RunEvent::RunTakenOver(RunTakenOver { from, to }))?;
                Ok(true)
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
                    [instance],
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
                events::add(tx, run, None, &RunEvent::CancelAsked(CancelAsked { reason }))?;
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

    /// Returns an attempt whose agent never started to the state planned.
    pub async fn attempt_unstarted(self, attempt: AttemptId) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                let found = runs::attempt_of(tx, attempt)?;
                if found.state == AttemptState::Settled {
                    return Err(StoreError::illegal(
                        RecordKind::Attempt,
                        attempt,
                        found.state,
                        AttemptState::Planned,
                    ));
                }
                tx.exec(
                    "UPDATE attempts SET state = 'planned', identity = NULL, started_at = NULL WHERE id = ?1",
                    [attempt.to_string()],
                )?;
                Ok(())
            })
            .await
    }

    /// Records that a host adopted an attempt, whose agent runs or has ended meanwhile.
    pub async fn attempt_adopted(self, attempt: AttemptId, how: &str) -> Result<(), StoreError> {
        let how = how.to_owned();
        self.0
            .write(move |tx| {
                let found = runs::attempt_of(tx, attempt)?;
                tx.exec("UPDATE attempts SET adopted = 1 WHERE id = ?1", [attempt.to_string()])?;
                let adopted = RunEvent::AttemptAdopted(AttemptAdopted { how });
                events::add(tx, found.run, Some(attempt), &adopted).map(drop)
            })
            .await
    }

    /// Records the process of a check that is about to start; `None` when it has ended.
    pub async fn check_runs(self, attempt: AttemptId, identity: Option<Value>) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                tx.exec(
                    "UPDATE attempts SET checking = ?2 WHERE id = ?1",
                    params![attempt.to_string(), Exact(identity.map(|identity| identity.to_string()))],
                )
                .map(drop)
            })
            .await
    }

    /// Records the results of an attempt's checks, before its worktree is removed.
    pub async fn checks_done(self, attempt: AttemptId, results: &[CheckResult]) -> Result<(), StoreError> {
        let text = serde_json::to_string(results).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let outcome = |check: &CheckResult| CheckOutcome {
            name: check.name.clone(),
            passed: check.passed,
            code: check.code,
        };
        let checked = Checked { checks: results.iter().map(outcome).collect() };
        self.0
            .write(move |tx| {
                let run = runs::attempt_of(tx, attempt)?.run;
                tx.exec(
                    "UPDATE attempts SET checks = ?2, checking = NULL WHERE id = ?1",
                    params![attempt.to_string(), text],
                )?;
                events::add(tx, run, Some(attempt), &RunEvent::Checked(checked)).map(drop)
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
