//! What happens between admission and settlement: starts, adoption, events as they come.

use super::{events, states};
use crate::file::{Columns, Exact, signed, stamp};
use crate::handles::Attempts;
use crate::view::runs;
use crate::{NewRunEvent, RecordKind, StoreError};
use jackfield_types::{AttemptId, AttemptState, RunId, RunState};
use rusqlite::params;
use serde_json::{Value, json};

/// What an attempt's process was started as and where.
#[derive(Debug, Clone)]
pub struct Started {
    /// What tells the process from any other; the store does not look into it.
    pub identity: Value,
    /// Where it works.
    pub worktree: String,
    /// The branch it works on, where there is one.
    pub branch: Option<String>,
    /// The commit it began from, where there is one.
    pub base: Option<String>,
}

impl Attempts<'_> {
    /// The run left the queue, and no worker has it: its work is done elsewhere.
    pub async fn run_started(self, run: RunId) -> Result<(), StoreError> {
        self.0.write(move |tx| states::run_becomes(tx, run, RunState::Running, None)).await
    }

    /// The run ended, or goes back to the queue, without an attempt to settle. Refused while one of
    /// its attempts is not settled.
    pub async fn run_ended(self, run: RunId, state: RunState, why: &str) -> Result<(), StoreError> {
        let why = why.to_owned();
        self.0.write(move |tx| states::run_becomes(tx, run, state, Some(&why))).await
    }

    /// The attempt's worktree is there and its process was started.
    pub async fn started(self, attempt: AttemptId, started: Started) -> Result<(), StoreError> {
        self.0.write(move |tx| {
            let found = runs::attempt_of(tx, attempt)?;
            let run = runs::run_of(tx, found.run)?;
            if run.state != RunState::Running {
                return Err(states::illegal(RecordKind::Run, run.id, run.state, "working on an attempt"));
            }
            if found.state != AttemptState::Planned {
                return Err(states::illegal(RecordKind::Attempt, attempt, found.state, AttemptState::Running));
            }
            let Started { identity, worktree, branch, base } = &started;
            tx.exec(
                "UPDATE attempts SET state = ?2, identity = ?3, worktree = ?4, branch = ?5, base = ?6, started_at = ?7
                 WHERE id = ?1",
                params![
                    attempt.to_string(),
                    AttemptState::Running.as_str(),
                    Exact(identity.to_string()),
                    Exact(worktree),
                    Exact(branch),
                    Exact(base),
                    stamp(tx.now),
                ],
            )?;
            let payload = json!({
                "executor": found.executor, "model": found.model,
                "worktree": worktree, "branch": branch, "base": base,
            });
            events::add(tx, run.id, Some(attempt), "attempt_started", &payload).map(drop)
        })
        .await
    }

    /// Appends to a run's events and gives the sequence number of the last. Numbers begin at 1 and
    /// have no gap, however many append at once.
    pub async fn append_events(
        self,
        run: RunId,
        attempt: Option<AttemptId>,
        events: Vec<NewRunEvent>,
    ) -> Result<u64, StoreError> {
        self.0
            .write(move |tx| {
                for event in &events {
                    events::add_at(tx, run, attempt, event.at, &event.kind, &event.payload)?;
                }
                runs::run_of(tx, run).map(|run| run.last_seq)
            })
            .await
    }

    /// Appends what was heard of an attempt's agent, counted from 0 with `from`. What is on record already is
    /// left out, so that it can be told again after a restart or a lost connection. Gives how much is on
    /// record then.
    pub async fn append_heard(
        self,
        run: RunId,
        attempt: AttemptId,
        from: u64,
        events: Vec<NewRunEvent>,
    ) -> Result<u64, StoreError> {
        self.0
            .write(move |tx| {
                let heard = tx
                    .one("SELECT heard FROM attempts WHERE id = ?1", [attempt.to_string()], |row| {
                        row.count("heard")
                    })?
                    .ok_or_else(|| StoreError::NotFound {
                        what: RecordKind::Attempt,
                        id: attempt.to_string(),
                    })?;
                if from > heard {
                    let why = format!("events {heard} to {from} of attempt {attempt} are missing");
                    return Err(StoreError::Misuse(why));
                }
                let known = usize::try_from(heard - from).unwrap_or(usize::MAX);
                let fresh = events.get(known..).unwrap_or_default();
                for event in fresh {
                    events::add_at(tx, run, Some(attempt), event.at, &event.kind, &event.payload)?;
                }
                let now = heard + fresh.len() as u64;
                tx.exec(
                    "UPDATE attempts SET heard = ?2 WHERE id = ?1",
                    params![attempt.to_string(), signed(now)],
                )?;
                Ok(now)
            })
            .await
    }
}
