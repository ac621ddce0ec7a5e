//! Work that is kept here and done elsewhere: a task without a run, what it is to be, attempts that
//! were made outside, and its end.

use super::view::MOST_ON_A_PAGE;
use super::word::Word;
use super::{Complexity, Expect};
use jackfield_types::{
    AttemptId, CostSource, FailureClass, Micros, Operation, Role, RunId, RunState, TaskEnd, TaskId,
    TaskState, Verified, with_names,
};
use serde::{Deserialize, Serialize};

/// A task to be kept, without a run. Only `instruction` is needed; what is not said has the defaults
/// of `execute`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct InitRequest {
    /// What should be done, in plain words.
    pub instruction: String,
    /// A name for lists; default: the instruction's first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A workspace's name, or an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// feature, bugfix, refactor, test, docs, design, review, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_type: Option<String>,
    /// trivial, simple, moderate, complex, epic, or 1 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complexity: Option<Complexity>,
    /// Programming language; detected where not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Frameworks and tools; detected where not given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<String>,
    /// plan, implement, review or test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// What counts as done: `change` or `answer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expect>,
    /// What must hold in the end, one criterion each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acceptance: Vec<String>,
    /// The same key and request never create two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// A task was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct InitAnswer {
    /// The task.
    pub task_id: TaskId,
    /// Where it is.
    pub state: TaskState,
    /// The same request made it before under the same key.
    pub existing: bool,
}

/// What a task is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Spec {
    /// What should be done.
    pub instruction: String,
    /// What must hold in the end.
    #[serde(default)]
    pub acceptance: Vec<String>,
    /// Anything else worth knowing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// A change of what a task is to be; what is not named stays as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SpecRequest {
    /// What should be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction: Option<String>,
    /// What must hold in the end: all criteria, one each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<Vec<String>>,
    /// Anything else worth knowing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// A version of what a task is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct SpecVersion {
    /// The task.
    pub task_id: TaskId,
    /// Its checkpoint's number; 0: as asked, and never specified since.
    pub version: u32,
    /// Who wrote it.
    pub by: String,
    /// What it says.
    pub spec: Spec,
}

/// An attempt that was made elsewhere. `executor`, `outcome` and `latency_ms` are needed, and what it
/// cost: `cost_usd`, or its tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WriteRequest {
    /// The executor that made it.
    pub executor: String,
    /// With which model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What came of it.
    pub outcome: ExternalOutcome,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_class: Option<FailureClass>,
    /// What was done, or what went wrong.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// What its checks said; default not_run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Verified>,
    /// How long it took, milliseconds.
    pub latency_ms: u64,
    /// Cost, dollars; else reckoned from the tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// Tokens read afresh.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub input_tokens: u64,
    /// Tokens read from a cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached_input_tokens: u64,
    /// Tokens written to a cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write_tokens: u64,
    /// Tokens written, reasoning included.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub output_tokens: u64,
    /// The branch that holds the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Where the result is: a pull request, a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The same key and the same attempt of a task is charged once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What came of an attempt that was made elsewhere, by the word of whoever made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ExternalOutcome {
    /// It was done.
    Succeeded,
    /// It was not.
    Failed,
}

/// An attempt that was made elsewhere is on record.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct WriteAnswer {
    /// The task.
    pub task_id: TaskId,
    /// The run that stands for the attempt.
    pub run_id: RunId,
    /// The attempt.
    pub attempt_id: AttemptId,
    /// What it came to by the table of truth.
    pub state: RunState,
    /// Why it failed, where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_class: Option<FailureClass>,
    /// Dollars charged.
    pub cost_usd: Micros,
    /// Where that figure comes from.
    pub cost_source: CostSource,
    /// It was on record before under the same key; nothing was charged now.
    pub existing: bool,
}

/// The end of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CloseRequest {
    /// done, failed or cancelled.
    pub state: TaskEnd,
    /// Why; kept with the task.
    pub reason: String,
}

/// A task is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct CloseAnswer {
    /// The task.
    pub task_id: TaskId,
    /// How it is closed.
    pub state: TaskState,
    /// The checkpoint that says so.
    pub version: u32,
}

/// Which tasks to list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TasksFilter {
    /// ready, in_progress, done, failed, cancelled, …
    pub state: Option<Word<TaskState>>,
    /// A workspace's name.
    pub workspace: Option<String>,
    /// With this text in the title.
    pub q: Option<String>,
    /// Most to list; default 20, at most 1,000.
    pub limit: Option<u32>,
    /// Only tasks older than this one.
    pub before: Option<String>,
}

impl TasksFilter {
    /// How many are listed at most.
    pub fn page(&self) -> u32 {
        self.limit.unwrap_or(20).clamp(1, MOST_ON_A_PAGE)
    }
}

/// A run that was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Handle {
    /// The task.
    pub task_id: TaskId,
    /// The run.
    pub run_id: RunId,
    /// Where the run is.
    pub state: RunState,
    /// What to do next.
    pub next: String,
    /// The operations that `next` calls for: an interface adds its own names of them to it.
    #[serde(skip)]
    pub operations: Vec<Operation>,
}

impl Handle {
    /// The same for the clients of an interface: `next` ends with the interface's names of the operations.
    #[must_use]
    pub fn named(self, name: impl Fn(&Operation) -> Option<String>) -> Self {
        let next = with_names(self.next, &self.operations, name);
        Self { next, operations: Vec::new(), ..self }
    }
}
