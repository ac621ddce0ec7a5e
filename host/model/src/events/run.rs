//! What happens in a run.

use super::agent::{AgentStarted, FileChange, RateLimit, ReportedUsage, Retrying, ToolCall, ToolResult};
use jackfield_types::{
    CostSource, Digest, Effort, Micros, Outcome, RunId, RunState, Settled, StageName, TaskId, Usage,
    WorkerId, WorkflowName,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest headline, characters.
const HEADLINE: usize = 160;

events! {
    /// An event of a run.
    RunEvent {
        /// The run is queued: it was admitted, or returned to the queue.
        "run_queued" => RunQueued(RunQueued),
        /// The run repeats an ended run of the same task.
        "run_retried" => RunRetried(RunRetried),
        /// A worker claimed the run, or external work is recorded as a run.
        "run_started" => RunStarted(RunChanged),
        /// The run waits for a person's answer.
        "run_waiting" => RunWaiting(RunChanged),
        /// The run succeeded.
        "run_succeeded" => RunSucceeded(RunChanged),
        /// The run failed.
        "run_failed" => RunFailed(RunChanged),
        /// The run was cancelled.
        "run_cancelled" => RunCancelled(RunChanged),
        /// Another worker took over the run of a lost worker.
        "run_taken_over" => RunTakenOver(RunTakenOver),
        /// Somebody asked to cancel the run; its worker ends it.
        "cancel_asked" => CancelAsked(CancelAsked),
        /// An attempt was planned and its cost reserved.
        "attempt_planned" => AttemptPlanned(AttemptPlanned),
        /// The agent of an attempt starts.
        "attempt_started" => AttemptStarted(AttemptStarted),
        /// A host re-attached to an attempt that another host began.
        "attempt_adopted" => AttemptAdopted(AttemptAdopted),
        /// The acceptance checks of an attempt have run.
        "checked" => Checked(Checked),
        /// An attempt is settled: its outcome and its cost are final.
        "attempt_settled" => AttemptSettled(Box<AttemptSettled>),
        /// A worker reported a cost of an attempt that had been given up.
        "charged_late" => ChargedLate(ChargedLate),
        /// The agent has started.
        "agent_started" => AgentStarted(AgentStarted),
        /// Text of the agent.
        "text" => Text(EventText),
        /// Reasoning of the agent.
        "thought" => Thought(EventText),
        /// The agent calls a tool.
        "tool_call" => ToolCall(ToolCall),
        /// A tool has returned.
        "tool_result" => ToolResult(ToolResult),
        /// The agent has changed a file.
        "file_change" => FileChange(FileChange),
        /// The total usage of the attempt so far, as the agent reports it.
        "usage" => Usage(ReportedUsage),
        /// What the provider says about one of its limits.
        "limit" => Limit(RateLimit),
        /// The agent repeats a failed request to its provider.
        "retrying" => Retrying(Retrying),
        /// A warning of the agent.
        "warning" => Warning(EventText),
        /// The agent has given its final result.
        "agent_finished" => AgentFinished(()),
        /// Output of the agent that its adapter does not know.
        "raw" => Raw(EventText),
        /// The worktree of an attempt is ready.
        "worktree" => Worktree(WorktreeReady),
        /// A warning of the host.
        "host_warning" => HostWarning(HostWarning),
        /// What was decided about an attempt, as text.
        "decision" => Decision(EventText),
        /// A gate ruled on an attempt.
        "gate" => Gate(GateRuled),
        /// Something that the branch of an attempt does not hold.
        "leftover" => Leftover(LeftoverFound),
        /// Replaces events that are no longer kept. It is shown and never recorded.
        "events_gone" => EventsGone(EventText),
    }
}

impl RunEvent {
    /// The event that a run has changed its state.
    pub fn run_changed(to: RunState, change: RunChanged) -> Self {
        match to {
            RunState::Queued => Self::RunQueued(RunQueued::Again(change)),
            RunState::Running => Self::RunStarted(change),
            RunState::Waiting => Self::RunWaiting(change),
            RunState::Succeeded => Self::RunSucceeded(change),
            RunState::Failed => Self::RunFailed(change),
            RunState::Cancelled => Self::RunCancelled(change),
        }
    }

    /// What the agent did, in a line of at most 160 characters; `None` of an event that is not its doing.
    pub fn headline(&self) -> Option<String> {
        let text = match self {
            Self::Text(said) => said.text.clone(),
            Self::ToolCall(call) => format!("{}: {}", call.name, call.summary),
            Self::FileChange(change) => format!("{}: {}", change.kind.as_str(), change.path),
            Self::Retrying(retry) => format!("retrying: {}", retry.message),
            Self::Limit(limit) if limit.rejected => format!("rate limit {} reached", limit.name),
            Self::AgentStarted(_) => "started".to_owned(),
            _ => return None,
        };
        let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
        Some(line.chars().take(HEADLINE).collect())
    }

    /// The text, of an event that is one or has one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(said)
            | Self::Thought(said)
            | Self::Warning(said)
            | Self::Raw(said)
            | Self::Decision(said)
            | Self::EventsGone(said) => Some(&said.text),
            Self::HostWarning(warning) => Some(&warning.text),
            Self::Leftover(leftover) => Some(&leftover.text),
            _ => None,
        }
    }
}

/// A text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct EventText {
    /// The text, cut if it is long.
    pub text: String,
}

impl<T: Into<String>> From<T> for EventText {
    fn from(text: T) -> Self {
        Self { text: text.into() }
    }
}

/// The run is queued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum RunQueued {
    /// It was admitted.
    Admitted(RunAdmitted),
    /// It returned to the queue: for another round, or because its worker is gone.
    Again(RunChanged),
}

/// The run was admitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RunAdmitted {
    /// Its task.
    pub task: TaskId,
    /// Its workflow.
    pub workflow: WorkflowName,
    /// The stage of the workflow that it executes.
    pub stage: StageName,
    /// The trace context of its request: the fields of `traceparent` and `tracestate`, where traces are exported.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub trace: BTreeMap<String, String>,
}

/// The run repeats an ended run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RunRetried {
    /// The ended run.
    pub of: RunId,
    /// The principal that asked for it.
    pub by: String,
    /// The reason.
    pub reason: String,
}

/// The run has another state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RunChanged {
    /// The state before.
    pub from: RunState,
    /// The reason, where there is one.
    pub why: Option<String>,
}

/// Another worker took over the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RunTakenOver {
    /// The lost worker, where it is known.
    pub from: Option<WorkerId>,
    /// The worker that has the run now.
    pub to: WorkerId,
}

/// Somebody asked to cancel the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct CancelAsked {
    /// The reason.
    pub reason: String,
}

/// An attempt was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AttemptPlanned {
    /// Its number within the run, from 1.
    pub number: u32,
    /// The executor.
    pub executor: String,
    /// The model, where one was chosen.
    pub model: Option<String>,
    /// The effort, where one was chosen.
    pub effort: Option<Effort>,
    /// Why this executor and model.
    pub reason: String,
    /// What is reserved for it, dollars.
    pub reserved: Micros,
    /// The round that it belongs to.
    pub round: u32,
    /// The rung of the ladder, where it is on one.
    pub rung: Option<String>,
}

/// The agent of an attempt starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AttemptStarted {
    /// The executor.
    pub executor: String,
    /// The model, where one was chosen.
    pub model: Option<String>,
    /// The path of its worktree; empty on a remote worker.
    pub worktree: String,
    /// The branch, where there is one.
    pub branch: Option<String>,
    /// The commit that it starts from, where there is one.
    pub base: Option<String>,
}

/// A host re-attached to an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AttemptAdopted {
    /// How it found the agent.
    pub how: String,
}

/// The acceptance checks of an attempt have run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Checked {
    /// The checks in their order.
    pub checks: Vec<CheckOutcome>,
}

/// How one check ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct CheckOutcome {
    /// The check.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// The exit code of its command, where it has one.
    pub code: Option<i32>,
}

/// An attempt is settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AttemptSettled {
    /// Whether it succeeded.
    pub settled: Settled,
    /// Its three axes.
    pub outcome: Outcome,
    /// Its total usage.
    pub usage: Usage,
    /// Its total cost, dollars.
    pub cost: Micros,
    /// Where the cost comes from.
    pub source: CostSource,
    /// How long it took, milliseconds.
    pub latency_ms: u64,
}

/// A late cost was charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ChargedLate {
    /// What was charged now, dollars.
    pub more: Micros,
    /// The total cost of the attempt, dollars.
    pub total: Micros,
}

/// The worktree of an attempt is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct WorktreeReady {
    /// Its branch.
    pub branch: String,
    /// The commit that it starts from.
    pub base: String,
}

/// A warning of the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct HostWarning {
    /// The warning.
    pub text: String,
    /// Its topic, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<WarningTopic>,
    /// It is about uncommitted changes, which the agent does not see.
    #[serde(default, skip_serializing_if = "is_false")]
    pub uncommitted: bool,
}

impl HostWarning {
    /// A warning without a topic.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), of: None, uncommitted: false }
    }
}

/// The topic of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WarningTopic {
    /// The configuration of git, or its filters. The answer repeats such a warning.
    Git,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// A gate ruled on an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct GateRuled {
    /// The gate.
    pub gate: String,
    /// Whether it passed. A gate that could not rule did not pass.
    pub passed: bool,
    /// Why.
    pub message: String,
    /// What it measured, where it ruled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measurements: Option<Vec<Measured>>,
    /// The component that ruled, where it ruled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

/// A figure that a gate measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Measured {
    /// What was measured.
    pub name: String,
    /// The figure.
    pub value: f64,
    /// Its unit.
    pub unit: String,
}

/// Something that the branch of an attempt does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct LeftoverFound {
    /// Why it is not on the branch.
    pub kind: LeftoverSort,
    /// Its paths relative to the worktree, or its subject.
    pub what: String,
    /// The number of files; 0 if it is not made of files.
    pub files: u64,
    /// Their size; 0 if it is not known.
    pub bytes: u64,
    /// The path or branch where it is kept, where it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
    /// The reason.
    pub why: String,
    /// The command that gets it, run in the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub get: Option<String>,
    /// All of it in one line.
    pub text: String,
}

/// Why something is not on a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeftoverSort {
    /// Files that git ignores.
    Ignored,
    /// The git folder of a repository inside the worktree.
    Repository,
    /// An entry that the agent put into the stash.
    Stash,
    /// Commits that the agent amended, rebased or reset away.
    EarlierCommits,
    /// A pipe, a socket or a device.
    SpecialFile,
    /// A folder without a file.
    EmptyFolder,
    /// Content that is on the branch without the filters of the repository.
    Unfiltered,
    /// The whole worktree.
    Worktree,
}
