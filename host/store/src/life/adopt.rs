//! Attempts that a host adopts, and the processes and results of their checks.

use super::events;
use crate::file::Exact;
use crate::handles::Attempts;
use crate::view::runs;
use crate::{CheckResult, RecordKind, StoreError};
use jackfield_model::{AttemptAdopted, CheckOutcome, Checked, RunEvent};
use jackfield_sql::params;
use jackfield_types::{AttemptId, AttemptState};
use serde_json::Value;

impl Attempts<'_> {
    /// Returns an attempt whose agent never started to the state planned.
    pub async fn unstarted(self, attempt: AttemptId) -> Result<(), StoreError> {
        let fence = self.fence;
        self.store
            .write(move |tx| {
                let found = runs::attempt_of(tx, attempt)?;
                fence.check(tx, found.run)?;
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
    pub async fn adopted(self, attempt: AttemptId, how: &str) -> Result<(), StoreError> {
        let how = how.to_owned();
        let fence = self.fence;
        self.store
            .write(move |tx| {
                let found = runs::attempt_of(tx, attempt)?;
                fence.check(tx, found.run)?;
                tx.exec("UPDATE attempts SET adopted = 1 WHERE id = ?1", [attempt.to_string()])?;
                let adopted = RunEvent::AttemptAdopted(AttemptAdopted { how: how.clone() });
                events::add(tx, found.run, Some(attempt), &adopted).map(drop)
            })
            .await
    }

    /// Records the process of a check that is about to start; `None` when it has ended.
    pub async fn check_runs(self, attempt: AttemptId, identity: Option<Value>) -> Result<(), StoreError> {
        let fence = self.fence;
        self.store
            .write(move |tx| {
                fence.check(tx, runs::attempt_of(tx, attempt)?.run)?;
                tx.exec(
                    "UPDATE attempts SET checking = ?2 WHERE id = ?1",
                    params![attempt.to_string(), Exact(identity.as_ref().map(Value::to_string))],
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
        let fence = self.fence;
        self.store
            .write(move |tx| {
                let run = runs::attempt_of(tx, attempt)?.run;
                fence.check(tx, run)?;
                tx.exec(
                    "UPDATE attempts SET checks = ?2, checking = NULL WHERE id = ?1",
                    params![attempt.to_string(), text],
                )?;
                events::add(tx, run, Some(attempt), &RunEvent::Checked(checked.clone())).map(drop)
            })
            .await
    }
}
