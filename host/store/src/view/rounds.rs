//! Consensus: the parallel rounds of a task and their comparison.

use crate::file::{Columns, Sql};
use crate::handles::Runs;
use crate::people::decisions;
use crate::{Decision, StoreError};
use jackfield_sql::Connection;
use jackfield_types::{AttemptId, AttemptState, FailureClass, Micros, RunId, TaskId};
use serde::Serialize;
use serde_json::Value;

/// One agent's attempt in a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct RoundAttempt {
    pub id: AttemptId,
    pub number: u32,
    pub executor: String,
    pub model: Option<String>,
    pub state: AttemptState,
    /// Why it failed, where it did.
    pub failure: Option<FailureClass>,
    pub branch: Option<String>,
    pub cost: Micros,
    pub latency_ms: Option<u64>,
}

/// Attempts that were made side by side, with what was made of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Round {
    /// Their run.
    pub run: RunId,
    /// Which round of it.
    pub round: u32,
    /// In the order in which they were planned.
    pub attempts: Vec<RoundAttempt>,
    /// Why several were asked.
    pub called: Option<Decision>,
    /// What their comparison said; none: it was not made yet.
    pub verdict: Option<Decision>,
}

impl Runs<'_> {
    /// Returns the consensus rounds of a task, or of one run of it, oldest first.
    pub async fn rounds(self, task: TaskId, run: Option<RunId>) -> Result<Vec<Round>, StoreError> {
        self.0
            .read(move |conn| {
                let mut rounds = attempts(conn, task, run)?;
                let decided = decisions::of_task(conn, task)?;
                rounds.retain_mut(|round| {
                    round.called = about(&decided, round, "consensus");
                    round.verdict = about(&decided, round, "verdict");
                    round.attempts.len() > 1 || round.verdict.is_some()
                });
                Ok(rounds)
            })
            .await
    }
}

/// All rounds, including those of one attempt.
fn attempts(conn: &Connection, task: TaskId, run: Option<RunId>) -> Result<Vec<Round>, StoreError> {
    let rows = conn.all(
        "SELECT id, run, round, number, executor, model, state, failure_class, branch, cost, latency_ms
         FROM attempts JOIN (SELECT id AS its_run FROM runs WHERE task = ?1) ON its_run = run
         WHERE ?2 IS NULL OR run = ?2 ORDER BY run, round, number",
        [Some(task.to_string()), run.map(|id| id.to_string())],
        |row| {
            let attempt = RoundAttempt {
                id: row.parsed("id")?,
                number: row.get("number")?,
                executor: row.get("executor")?,
                model: row.get("model")?,
                state: row.word("state")?,
                failure: row.word_opt("failure_class")?,
                branch: row.get("branch")?,
                cost: row.micros("cost")?,
                latency_ms: row.get::<_, Option<i64>>("latency_ms")?.map(crate::file::count),
            };
            Ok((row.parsed::<RunId>("run")?, row.get::<_, u32>("round")?, attempt))
        },
    )?;
    let mut rounds: Vec<Round> = Vec::new();
    for (run, number, attempt) in rows {
        match rounds.last_mut() {
            Some(last) if last.run == run && last.round == number => last.attempts.push(attempt),
            _ => rounds.push(Round {
                run,
                round: number,
                attempts: vec![attempt],
                called: None,
                verdict: None,
            }),
        }
    }
    Ok(rounds)
}

/// The last decision of a kind that names an attempt of the round.
fn about(decided: &[Decision], round: &Round, kind: &str) -> Option<Decision> {
    let names = |decision: &&Decision| {
        let named = decision.details.get("attempts").and_then(Value::as_array).map(Vec::as_slice);
        let of_it = |id: &str| round.attempts.iter().any(|attempt| attempt.id.to_string() == id);
        named.unwrap_or_default().iter().any(|one| one.as_str().is_some_and(of_it))
    };
    decided.iter().rev().filter(|decision| decision.kind == kind).find(names).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_types::Timestamp;
    use serde_json::json;

    #[test]
    fn a_decision_belongs_to_the_round_whose_attempts_it_names() {
        let attempt = |number| RoundAttempt {
            id: AttemptId::new(),
            number,
            executor: "claude".to_owned(),
            model: None,
            state: AttemptState::Settled,
            failure: None,
            branch: None,
            cost: Micros::ZERO,
            latency_ms: None,
        };
        let round = |number, attempts| Round {
            run: RunId::new(),
            round: number,
            attempts,
            called: None,
            verdict: None,
        };
        let (first, second) =
            (round(1, vec![attempt(1), attempt(2)]), round(2, vec![attempt(3), attempt(4)]));
        let decided = |kind: &str, round: &Round| Decision {
            id: 1,
            at: Timestamp::UNIX_EPOCH,
            task: TaskId::new(),
            run: Some(round.run),
            attempt: None,
            kind: kind.to_owned(),
            decided_by: "judge".to_owned(),
            reason: format!("of round {}", round.round),
            details: json!({ "attempts": [round.attempts[0].id, round.attempts[1].id] }),
        };
        let all = [decided("verdict", &first), decided("consensus", &second), decided("verdict", &second)];
        let reason = |round, kind| about(&all, round, kind).map(|decision| decision.reason);
        assert_eq!(reason(&first, "verdict").as_deref(), Some("of round 1"));
        assert_eq!(reason(&second, "verdict").as_deref(), Some("of round 2"));
        assert_eq!(reason(&second, "consensus").as_deref(), Some("of round 2"));
        assert_eq!(reason(&first, "consensus"), None);
    }
}
