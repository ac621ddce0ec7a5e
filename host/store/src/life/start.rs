//! Attempts between admission and settlement: start, adoption, events and checks.

use super::{events, states};
use crate::file::{Columns, Exact, Tx, pack, signed, stamp};
use crate::handles::Attempts;
use crate::view::runs;
use crate::{CheckResult, Hold, NewRunEvent, RecordKind, StoreError};
use jackfield_model::{AttemptAdopted, AttemptStarted, CheckOutcome, Checked, RunEvent};
use jackfield_sql::params;
use jackfield_types::{AttemptId, AttemptState, RunId, RunState};
use serde_json::Value;

/// The process of a started attempt and its place.
#[derive(Debug, Clone)]
pub struct Started {
    /// Identifies the process; opaque to the store.
    pub identity: Value,
    /// Its worktree; opaque to the store.
    pub worktree: String,
    /// The path of its worktree.
    pub path: String,
    /// Its branch, if it has one.
    pub branch: Option<String>,
    /// Its base commit, if it has one.
    pub base: Option<String>,
}

impl Attempts<'_> {
    /// Marks a run as running without a worker: it records external work.
    pub async fn run_started(self, run: RunId) -> Result<(), StoreError> {
        let fence = self.fence;
        let start = move |tx: &Tx<'_>| {
            fence.check(tx, run)?;
            states::run_becomes(tx, run, RunState::Running, None)
        };
        self.store.write(start).await
    }

    /// Ends a run, or returns it to the queue, without settling an attempt. Refused while an attempt is unsettled.
    pub async fn run_ended(self, run: RunId, state: RunState, why: &str) -> Result<(), StoreError> {
        let (fence, why) = (self.fence, why.to_owned());
        let end = move |tx: &Tx<'_>| {
            fence.check(tx, run)?;
            states::run_becomes(tx, run, state, Some(&why))
        };
        self.store.write(end).await
    }

    /// Records the worktree and the process of a started attempt.
    pub async fn started(self, attempt: AttemptId, started: Started) -> Result<(), StoreError> {
        let fence = self.fence;
        self.store.write(move |tx| {
            let found = runs::attempt_of(tx, attempt)?;
            let run = runs::run_of(tx, found.run)?;
            fence.admit(run.hold())?;
            if run.state != RunState::Running {
                return Err(StoreError::not_now("start an attempt of", RecordKind::Run, run.id, run.state));
            }
            if found.state != AttemptState::Planned {
                return Err(StoreError::illegal(RecordKind::Attempt, attempt, found.state, AttemptState::Running));
            }
            let Started { identity, worktree, path, branch, base } = &started;
            tx.exec(
                "UPDATE attempts SET state = ?2, identity = ?3, worktree = ?4, branch = ?5, base = ?6, started_at = ?7
                 WHERE id = ?1",
                params![
                    attempt.to_string(),
                    AttemptState::Running.as_str(),
                    pack(&identity.to_string()),
                    pack(worktree),
                    Exact(branch),
                    Exact(base),
                    stamp(tx.now),
                ],
            )?;
            let event = RunEvent::AttemptStarted(AttemptStarted {
                executor: found.executor,
                model: found.model,
                worktree: path.clone(),
                branch: branch.clone(),
                base: base.clone(),
            });
            events::add(tx, run.id, Some(attempt), &event).map(drop)
        })
        .await
    }

    /// Appends events to a run. Returns the sequence number of the last. Numbers start at 1 and have no gaps, however
    /// many writers append.
    pub async fn append_events(
        self,
        run: RunId,
        attempt: Option<AttemptId>,
        events: Vec<NewRunEvent>,
    ) -> Result<u64, StoreError> {
        let fence = self.fence;
        self.store
            .write(move |tx| {
                fence.check(tx, run)?;
                events::add_all(tx, run, attempt, events.iter().map(|event| (event.at, &event.event)))
            })
            .await
    }

    /// Appends the events of an attempt's agent, numbered from `from` (the first is 0). Recorded ones are skipped, so
    /// a caller may repeat them after a restart or a lost connection. Returns the number of recorded events.
    pub async fn append_heard(
        self,
        run: RunId,
        attempt: AttemptId,
        from: u64,
        events: Vec<NewRunEvent>,
    ) -> Result<u64, StoreError> {
        let fence = self.fence;
        self.store
            .write(move |tx| {
                let (hold, heard) = tx
                    .one(
                        "SELECT runs.id, runs.epoch, heard FROM attempts JOIN runs ON runs.id = attempts.run
                         WHERE attempts.id = ?1",
                        [attempt.to_string()],
                        |row| {
                            let hold = Hold { run: row.parsed("id")?, epoch: row.count("epoch")? };
                            Ok((hold, row.count("heard")?))
                        },
                    )?
                    .ok_or_else(|| StoreError::NotFound {
                        what: RecordKind::Attempt,
                        id: attempt.to_string(),
                    })?;
                fence.admit(hold)?;
                if from > heard {
                    let why = format!("events {heard} to {from} of attempt {attempt} are missing");
                    return Err(StoreError::Misuse(why));
                }
                let known = usize::try_from(heard - from).unwrap_or(usize::MAX);
                let fresh = events.get(known..).unwrap_or_default();
                let heard_now = fresh.iter().map(|event| (event.at, &event.event));
                events::add_all(tx, run, Some(attempt), heard_now)?;
                let now = heard + fresh.len() as u64;
                tx.exec(
                    "UPDATE attempts SET heard = ?2 WHERE id = ?1",
                    params![attempt.to_string(), signed(now)],
                )?;
                Ok(now)
            })
            .await
    }

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
