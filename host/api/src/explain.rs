//! Why things went as they did: every decision about a task, in order.

use jackfield_types::{Digest, RunId, TaskId, TaskState, Timestamp};
use serde::Serialize;

/// Every decision about a task, from what was asked to what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Explanation {
    /// The task.
    pub task_id: TaskId,
    /// Its name in lists.
    pub title: String,
    /// Where it is.
    pub state: TaskState,
    /// The runs that are told of.
    pub run_ids: Vec<RunId>,
    /// In the order in which they came about.
    pub steps: Vec<Step>,
}

/// What sort of step it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Somebody asked for it.
    Asked,
    /// What it is to be was written down, or how far it is.
    Checkpoint,
    /// Who does it.
    Choice,
    /// How the agent is driven.
    Plan,
    /// What an attempt came to.
    Attempt,
    /// Whether the work is as a gate wants it.
    Gate,
    /// What follows an attempt.
    Next,
    /// Anything else that was decided.
    Decision,
    /// A person was asked, or answered.
    Person,
    /// The run ended.
    Ended,
    /// How short the answer is.
    Compress,
}

/// One step: what it was made from, who made it, what it was, why, and what happened then.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "ExplainedStep"))]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// What sort of step.
    pub kind: StepKind,
    /// A component with its version, or a principal.
    pub by: String,
    /// The component's sha256, where it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// The run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// The attempt's number in its run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// What it was made from, in short.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// Who could have been asked, the best first, then those who could not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<ExplainedCandidate>,
    /// What was decided, or what it came to.
    pub answer: String,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What the component told the log, where it is not said above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What happened then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<String>,
}

/// Somebody who could have been asked, as the chooser was told.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ExplainedCandidate {
    /// `executor/model`.
    pub name: String,
    /// light, workhorse or strategist.
    pub tier: String,
    /// Its place in the chooser's answer, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    /// Whether it could be asked.
    pub eligible: bool,
    /// Why it was chosen, stood where it stood, or could not be asked.
    pub why: String,
    /// Its attempts at like tasks whose work could be judged.
    pub attempts: u32,
    /// How many of those succeeded.
    pub succeeded: u32,
    /// How many of those were checked as well.
    pub verified: u32,
    /// Dollars for one of those.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_cost_usd: Option<f64>,
    /// Milliseconds for one of those.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_latency_ms: Option<u64>,
}
