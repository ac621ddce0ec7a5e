//! What a caller is told.

use jackfield_types::{
    AttemptId, Failure, FailureClass, Operation, RunId, RunState, TaskId, Usage, with_names,
};
use jackfield_workspace::Leftover;
use serde::Serialize;

/// The answer to `execute` and `result`: final, or a handle with what to call next.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Answer {
    /// The task.
    pub task_id: TaskId,
    /// The run.
    pub run_id: RunId,
    /// Where the run is.
    pub state: RunState,
    /// The answer at the asked verbosity; what is known so far while it runs.
    pub text: String,
    /// What to do next, where something is left to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The operations that `next` calls for: an interface adds its own names of them to it.
    #[serde(skip)]
    pub operations: Vec<Operation>,
    /// Figures of the run.
    pub metrics: Metrics,
    /// The last attempt, or the winner's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<AttemptSummary>,
    /// What the comparison came to, where several agents did the task side by side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consensus: Option<ConsensusResult>,
    /// Files changed against the base, the first 200 of them.
    pub files: Vec<FileLine>,
    /// How many files changed.
    pub files_changed: u64,
    /// Where to read more.
    pub links: Vec<Link>,
    /// What `text` ends with: that the agent did not see uncommitted changes, and what is not on the branch.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What the attempts made and their branches do not hold: where it is kept, or why it is not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leftovers: Vec<Leftover>,
    /// What was not as it was asked for: another verbosity, for example. The text says it too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl Answer {
    /// The same for the clients of an interface: `next` ends with the interface's names of the operations.
    #[must_use]
    pub fn named(self, name: impl Fn(&Operation) -> Option<String>) -> Self {
        let next = self.next.map(|next| with_names(next, &self.operations, name));
        Self { next, operations: Vec::new(), ..self }
    }
}

/// Figures of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Metrics {
    /// Dollars spent; not there where unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// From start to end, milliseconds.
    pub wall_ms: u64,
    /// Attempts so far.
    pub attempts: u32,
    /// Tokens.
    pub usage: Usage,
}

/// One attempt, in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AttemptSummary {
    /// The attempt.
    pub id: AttemptId,
    /// Who did it.
    pub executor: String,
    /// With which model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Why this executor.
    pub reason: String,
    /// `process/delivered/verified`.
    pub outcome: String,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The branch that holds its work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The adapter that drove it: name, version, sha256.
    pub adapter: String,
}

/// What the comparison of several agents' work came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ConsensusResult {
    /// Who won and why, or why nobody did, in a sentence; not there before they were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// Whose work is the run's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub winner: Option<Author>,
    /// The others, once they were compared.
    pub losers: Vec<Author>,
    /// In what the results differ.
    pub differences: Vec<String>,
    /// In what they agree.
    pub points_of_agreement: Vec<String>,
    /// Everybody who did the task, in the order of their attempts.
    pub authors: Vec<Author>,
    /// Dollars of all of them together.
    pub cost_usd: f64,
}

/// Who made an attempt, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Author {
    /// The attempt.
    pub attempt: AttemptId,
    /// Its number in the run.
    pub number: u32,
    /// Whose program.
    pub executor: String,
    /// With which model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Why it failed, where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureClass>,
    /// The branch that holds its work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Dollars.
    pub cost_usd: f64,
}

/// A changed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct FileLine {
    /// Relative to the workspace.
    pub path: String,
    /// added, modified, deleted or renamed.
    pub kind: String,
    /// Lines added.
    pub added: u32,
    /// Lines removed.
    pub removed: u32,
}

/// Where to read more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Link {
    /// log, diff or run.
    pub label: String,
    /// The URI under which the text refers to it, as in `run://RUN/log`: a resource of MCP.
    pub uri: String,
    /// Its path in the REST API.
    pub path: String,
}

/// The URI of something that is known of a run: `log`, `diff` or `result`.
pub fn run_uri(run: RunId, what: &str) -> String {
    format!("run://{run}/{what}")
}

/// One step of a run, as told to somebody who waits for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    /// Rises by one with each event of the run.
    pub seq: u64,
    /// One line for a person.
    pub message: String,
}
