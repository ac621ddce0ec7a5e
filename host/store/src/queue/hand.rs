//! Runs in somebody's hands: taking them over, calling them off, telling who wants an end.

use crate::file::{Columns, Exact, Sql};
use crate::handles::Queue;
use crate::life::{events, states};
use crate::view::runs;
use crate::{CheckResult, RecordKind, StoreError};
use jackfield_types::{AttemptId, AttemptState, RunId, Timestamp, WorkerId};
use rusqlite::params;
use serde_json::{Value, json};

/// A run that a worker has in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InHand {
    /// The run.
    pub run: RunId,
    /// Who has it; none: it was made by a version that knew no workers.
    pub worker: Option<WorkerId>,
    /// What its attempts are known by.
    pub holder: Option<String>,
}

impl Queue<'_> {
    /// Every run that somebody has in hand.
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

    /// A worker takes over a run from one that is gone, with its attempts. False: it ended, or somebody
    /// else was first.
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
                events::add(tx, run, None, "run_taken_over", &json!({ "from": from, "to": to }))?;
                Ok(true)
            })
            .await
    }

    /// Frees runs that were kept for a host instance which is gone. How many.
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

    /// Host instances that runs wait for.
    pub async fn affinities(self) -> Result<Vec<String>, StoreError> {
        self.0
            .read(|conn| {
                conn.all(
                    "SELECT DISTINCT affinity FROM runs WHERE state = 'queued' AND affinity IS NOT NULL",
                    [],
                    |row| row.get(0),
                )
            })
            .await
    }

    /// Leaves word for whoever has the run in hand that it is to end; the first reason counts. False: nobody
    /// has it in hand.
    pub async fn ask_to_end(self, run: RunId, reason: &str) -> Result<bool, StoreError> {
        let reason = reason.to_owned();
        self.0.write(move |tx| {
            let asked = tx.exec(
                "UPDATE runs SET cancel_reason = COALESCE(cancel_reason, ?2) WHERE id = ?1 AND state = 'running'",
                params![run.to_string(), reason],
            )?;
            if asked > 0 {
                events::add(tx, run, None, "cancel_asked", &json!({ "reason": reason }))?;
            }
            Ok(asked > 0)
        })
        .await
    }

    /// Runs in a worker's hands that are to end, and why.
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

    /// An attempt whose agent never came to be is to be made again, as if nothing had happened.
    pub async fn attempt_unstarted(self, attempt: AttemptId) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                let found = runs::attempt_of(tx, attempt)?;
                if found.state == AttemptState::Settled {
                    return Err(states::illegal(
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

    /// An attempt whose agent is still at work, or has ended meanwhile, goes on under another host.
    pub async fn attempt_adopted(self, attempt: AttemptId, how: &str) -> Result<(), StoreError> {
        let how = how.to_owned();
        self.0
            .write(move |tx| {
                let found = runs::attempt_of(tx, attempt)?;
                tx.exec("UPDATE attempts SET adopted = 1 WHERE id = ?1", [attempt.to_string()])?;
                events::add(tx, found.run, Some(attempt), "attempt_adopted", &json!({ "how": how })).map(drop)
            })
            .await
    }

    /// A check of an attempt is about to start as that process; none: it has ended.
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

    /// What the checks of an attempt came to, before its worktree goes.
    pub async fn checks_done(self, attempt: AttemptId, results: &[CheckResult]) -> Result<(), StoreError> {
        let text = serde_json::to_string(results).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let told: Vec<Value> = results
            .iter()
            .map(|check| json!({ "name": check.name, "passed": check.passed, "code": check.code }))
            .collect();
        self.0
            .write(move |tx| {
                let run = runs::attempt_of(tx, attempt)?.run;
                tx.exec(
                    "UPDATE attempts SET checks = ?2, checking = NULL WHERE id = ?1",
                    params![attempt.to_string(), text],
                )?;
                events::add(tx, run, Some(attempt), "checked", &json!({ "checks": told })).map(drop)
            })
            .await
    }

    /// When the oldest run that waits began to, and how many wait.
    pub async fn waiting(self) -> Result<(u64, Option<Timestamp>), StoreError> {
        self.0
            .read(|conn| {
                let found = conn.one(
                    "SELECT COUNT(*), MIN(queued_ms) FROM runs WHERE state = 'queued'",
                    [],
                    |row| Ok((row.get::<_, u32>(0)?, row.get::<_, Option<i64>>(1)?)),
                )?;
                let (count, oldest) = found.unwrap_or((0, None));
                let oldest = oldest.and_then(|at| Timestamp::from_millisecond(at).ok());
                Ok((u64::from(count), oldest))
            })
            .await
    }
}
