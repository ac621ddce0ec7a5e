//! What happens between admission and settlement: starts, adoption, events as they come.

use super::{events, states};
use crate::file::{Sql, stamp};
use crate::view::runs;
use crate::{NewRunEvent, Store, StoreError};
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

impl Store {
    /// The run left the queue.
    pub async fn run_started(&self, run: RunId) -> Result<(), StoreError> {
        self.write(move |tx| states::run_becomes(tx, run, RunState::Running, None)).await
    }

    /// The run ended, or goes back to the queue, without an attempt to settle. Refused while one of
    /// its attempts is not settled.
    pub async fn run_ended(&self, run: RunId, state: RunState, why: &str) -> Result<(), StoreError> {
        let why = why.to_owned();
        self.write(move |tx| states::run_becomes(tx, run, state, Some(&why))).await
    }

    /// The attempt's worktree is there and its process was started.
    pub async fn attempt_started(&self, attempt: AttemptId, started: Started) -> Result<(), StoreError> {
        self.write(move |tx| {
            let found = runs::attempt_of(tx, attempt)?;
            let run = runs::run_of(tx, found.run)?;
            if run.state != RunState::Running {
                return Err(states::illegal("run", run.id, run.state, "working on an attempt"));
            }
            if found.state != AttemptState::Planned {
                return Err(states::illegal("attempt", attempt, found.state, AttemptState::Running));
            }
            let Started { identity, worktree, branch, base } = &started;
            tx.exec(
                "UPDATE attempts SET state = ?2, identity = ?3, worktree = ?4, branch = ?5, base = ?6, started_at = ?7
                 WHERE id = ?1",
                params![
                    attempt.to_string(),
                    AttemptState::Running.as_str(),
                    identity.to_string(),
                    worktree,
                    branch,
                    base,
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

    /// Another host instance takes over an attempt that is not settled. False: somebody else was
    /// first, or it is settled.
    pub async fn adopt(&self, attempt: AttemptId, from: &str, to: &str) -> Result<bool, StoreError> {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.write(move |tx| {
            let taken = tx.exec(
                "UPDATE attempts SET host = ?3 WHERE id = ?1 AND host = ?2 AND state <> 'settled'",
                params![attempt.to_string(), from, to],
            )?;
            if taken == 0 {
                return Ok(false);
            }
            let run = runs::attempt_of(tx, attempt)?.run;
            events::add(tx, run, Some(attempt), "attempt_adopted", &json!({ "from": from, "to": to }))?;
            Ok(true)
        })
        .await
    }

    /// Appends to a run's events and gives the sequence number of the last. Numbers begin at 1 and
    /// have no gap, however many append at once.
    pub async fn append_events(
        &self,
        run: RunId,
        attempt: Option<AttemptId>,
        events: Vec<NewRunEvent>,
    ) -> Result<u64, StoreError> {
        self.write(move |tx| {
            for event in &events {
                events::add_at(tx, run, attempt, event.at, &event.kind, &event.payload)?;
            }
            runs::run_of(tx, run).map(|run| run.last_seq)
        })
        .await
    }
}
