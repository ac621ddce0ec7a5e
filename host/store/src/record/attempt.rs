//! Attempts: invocations of one executor, from the reservation to the settlement.

use super::plugin;
use super::{NewPluginCall, NewRunEvent};
use crate::Account;
use crate::file::{Columns, count, unpacked, unpacked_json};
use jackfield_model::{Artifact, CheckResult, NewArtifact, NewHandoff, NewTranscript};
use jackfield_sql::Row;
use jackfield_types::{
    AttemptId, AttemptState, CostSource, Effort, Micros, Outcome, PluginRef, RunId, RunState, Settled,
    TaskId, Timestamp, Usage,
};
use serde::Serialize;
use serde_json::Value;

/// An attempt to be recorded, and the money to be reserved for it. It begins as `planned`.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct NewAttempt {
    pub id: AttemptId,
    /// From 1, one more than the run's last.
    pub number: u32,
    pub executor: String,
    /// None: whatever the agent is set to.
    pub model: Option<String>,
    pub effort: Option<Effort>,
    /// The component that drives the agent.
    pub adapter: PluginRef,
    /// The component that chose it; none: the caller did.
    pub chosen_by: Option<PluginRef>,
    /// Why this one, in a sentence.
    pub reason: String,
    /// The estimated worst case. Nothing is held for a free executor, which is never refused.
    pub reserve: Micros,
    pub account: Account,
    /// The host instance that runs it.
    pub host: String,
    /// The rung of the ladder that it stands on; none: the executor as it is.
    pub rung: Option<String>,
    /// Attempts of one round are made side by side.
    pub round: u32,
    /// What its agent is told of the attempts before it.
    pub context: Option<String>,
}

/// An attempt that was recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Attempt {
    pub id: AttemptId,
    pub task: TaskId,
    pub run: RunId,
    pub number: u32,
    pub executor: String,
    /// What the agent said it was, once it has; before that, what it was asked to be.
    pub model: Option<String>,
    pub effort: Option<Effort>,
    pub adapter: PluginRef,
    pub chosen_by: Option<PluginRef>,
    pub reason: String,
    pub account: Account,
    pub host: String,
    pub rung: Option<String>,
    pub round: u32,
    pub context: Option<String>,
    pub state: AttemptState,
    /// What tells its process from any other, as the process layer gave it.
    pub identity: Option<Value>,
    pub worktree: Option<String>,
    pub branch: Option<String>,
    pub base: Option<String>,
    pub usage: Usage,
    /// Spent so far.
    pub cost: Micros,
    /// Still held for it.
    pub reserved: Micros,
    pub cost_source: Option<CostSource>,
    /// The day of the price, `YYYY-MM-DD`.
    pub price_as_of: Option<String>,
    pub outcome: Option<Outcome>,
    pub settled: Option<Settled>,
    /// Events of its agent that are on record.
    pub heard: u64,
    /// What tells the process of its check from any other, while one runs.
    #[serde(skip)]
    pub checking: Option<Value>,
    /// It was taken over while its agent was at work.
    pub adopted: bool,
    /// What its checks came to; none: none has run.
    pub checks: Option<Vec<CheckResult>>,
    pub exit_code: Option<i32>,
    pub signal: Option<i32>,
    pub latency_ms: Option<u64>,
    pub answer: Option<String>,
    /// The agent's own id of its conversation.
    pub session: Option<String>,
    /// Where its transcript is.
    pub transcript: Option<String>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub settled_at: Option<Timestamp>,
}

/// What follows a settlement, in the same transaction.
#[derive(Debug, Clone, Default)]
pub enum Then {
    /// Others of its round are still at work.
    #[default]
    Nothing,
    /// The run is over.
    End(RunState),
    /// The run goes back to the queue, to make these.
    Again {
        /// The next round, and the decisions that led to it are in the settlement.
        attempts: Vec<NewAttempt>,
        /// Not before then.
        not_before: Option<Timestamp>,
    },
    /// A person is asked.
    Human(NewHandoff),
}

/// What was decided with a settlement; it is about its task, its run and its attempt.
#[derive(Debug, Clone)]
pub struct Decided {
    /// `retry`, `consensus`, `verdict`, `handoff`, `done`, `stop`, `answer`, …
    pub kind: String,
    /// A component's digest, `host`, or a principal's name.
    pub by: String,
    /// In a sentence.
    pub reason: String,
    /// Anything more.
    pub details: Value,
}

/// Everything that is known when an attempt is over.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Settlement {
    pub attempt: AttemptId,
    /// The three axes.
    pub outcome: Outcome,
    /// What the table of truth made of them.
    pub settled: Settled,
    pub usage: Usage,
    /// The final total. Lower than what was charged: the rest is given back.
    pub total: Micros,
    pub source: CostSource,
    /// The day of the price, `YYYY-MM-DD`.
    pub price_as_of: Option<String>,
    pub exit_code: Option<i32>,
    pub signal: Option<i32>,
    pub latency_ms: u64,
    pub answer: Option<String>,
    /// The agent's own id of its conversation.
    pub session: Option<String>,
    /// What the agent said it was, where it did.
    pub model: Option<String>,
    pub artifacts: Vec<NewArtifact>,
    pub transcript: Option<NewTranscript>,
    pub calls: Vec<NewPluginCall>,
    /// What becomes of the run.
    pub then: Then,
    /// What was decided about it.
    pub decisions: Vec<Decided>,
    /// The attempt whose work is the run's, where several were compared.
    pub chosen: Option<AttemptId>,
    /// Told before the store's own `attempt_settled` and `run_…` events.
    pub events: Vec<NewRunEvent>,
}

impl Attempt {
    /// With its plugins and its transcript; more conditions go behind it.
    pub(crate) const SELECT: &str = "
        SELECT attempts.*, transcripts.path AS transcript,
               a.kind AS a_kind, a.name AS a_name, a.version AS a_version, a.digest AS a_digest,
               c.kind AS c_kind, c.name AS c_name, c.version AS c_version, c.digest AS c_digest
        FROM attempts
        JOIN plugins a ON a.digest = attempts.adapter
        LEFT JOIN plugins c ON c.digest = attempts.chosen_by
        LEFT JOIN transcripts ON transcripts.attempt = attempts.id";

    pub(crate) fn read(row: &Row<'_>) -> jackfield_sql::Result<Self> {
        let chosen: Option<String> = row.get("chosen_by")?;
        Ok(Self {
            id: row.parsed("id")?,
            task: row.parsed("task")?,
            run: row.parsed("run")?,
            number: row.get("number")?,
            executor: row.get("executor")?,
            model: row.get("model")?,
            effort: row.word_opt("effort")?,
            adapter: plugin::reference(row, "a_")?,
            chosen_by: chosen.map(|_| plugin::reference(row, "c_")).transpose()?,
            reason: row.get("reason")?,
            account: row.word("account")?,
            host: row.get("host")?,
            rung: row.get("rung")?,
            round: row.get("round")?,
            context: row.get("context")?,
            state: row.word("state")?,
            identity: unpacked_json(row, "identity")?,
            worktree: unpacked(row, "worktree")?,
            branch: row.get("branch")?,
            base: row.get("base")?,
            usage: usage(row)?,
            cost: row.micros("cost")?,
            reserved: row.micros("reserved")?,
            cost_source: row.word_opt("cost_source")?,
            price_as_of: row.get("price_as_of")?,
            outcome: row.json_opt("outcome")?,
            settled: row.json_opt("settled")?,
            heard: row.count("heard")?,
            checking: row.json_opt("checking")?,
            adopted: row.get("adopted")?,
            checks: row.json_opt("checks")?,
            exit_code: row.get("exit_code")?,
            signal: row.get("signal")?,
            latency_ms: row.get::<_, Option<i64>>("latency_ms")?.map(count),
            answer: row.get("answer")?,
            session: row.get("session")?,
            transcript: row.get("transcript")?,
            created_at: row.parsed("created_at")?,
            started_at: row.parsed_opt("started_at")?,
            settled_at: row.parsed_opt("settled_at")?,
        })
    }
}

fn usage(row: &Row<'_>) -> jackfield_sql::Result<Usage> {
    Ok(Usage {
        input: row.count("input_tokens")?,
        cached_input: row.count("cached_input_tokens")?,
        cache_write: row.count("cache_write_tokens")?,
        output: row.count("output_tokens")?,
        reasoning: row.count("reasoning_tokens")?,
        cost: row.get::<_, Option<i64>>("agent_cost")?.map(Micros),
        estimated: row.get("usage_estimated")?,
    })
}

pub(crate) fn artifact(row: &Row<'_>) -> jackfield_sql::Result<Artifact> {
    Ok(Artifact {
        id: row.count("id")?,
        run: row.parsed("run")?,
        attempt: row.parsed("attempt")?,
        kind: row.get("kind")?,
        label: row.get("label")?,
        target: row.get("target")?,
        bytes: row.get::<_, Option<i64>>("bytes")?.map(count),
        meta: row.json("meta")?,
        created_at: row.parsed("created_at")?,
    })
}
