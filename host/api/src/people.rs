//! Human tasks: what waits for a person.

use super::view::MOST_ON_A_PAGE;
use super::word::{Word, WordSet};
use jackfield_store::{HumanTaskKind, HumanTaskState};
use jackfield_types::ErrorCode;
use serde::{Deserialize, Serialize};

/// A to-do for a person. Only `title` is needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HumanTaskRequest {
    /// What to do, in a line.
    pub title: String,
    /// Anything more, in plain text or Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// A workspace's name, or a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// The agents' task that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// The run that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Higher goes first; default 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// A date or an RFC 3339 time, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<String>,
    /// The same key never creates two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// What is to change about a human task; what is not named stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct HumanTaskEdit {
    /// What to do, in a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Anything more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Higher goes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// A date or an RFC 3339 time, UTC; empty: no longer due at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<String>,
    // Of the fields of one MCP tool, this one and that of the list are the same; the list has a word more.
    /// open, done or cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    pub state: Option<Word<HumanTaskState>>,
    /// A note on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Which human tasks to list: open ones first, the most pressing first, then the newest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct HumanTasksFilter {
    /// open (default), done, cancelled or any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Word<HumanTaskStateFilter>>,
    /// A handoff waits for an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Word<HumanTaskKind>>,
    /// A workspace's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// About this task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// About this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Most to list; default 20, at most 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How many to skip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip: Option<u64>,
}

/// Human tasks in which state to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum HumanTaskStateFilter {
    /// Those that wait for somebody.
    Open,
    /// Those that were done, or answered.
    Done,
    /// Those that were called off.
    Cancelled,
    /// All of them.
    Any,
}

impl HumanTaskStateFilter {
    /// The only state to list; `None` for all.
    pub const fn state(self) -> Option<HumanTaskState> {
        match self {
            Self::Open => Some(HumanTaskState::Open),
            Self::Done => Some(HumanTaskState::Done),
            Self::Cancelled => Some(HumanTaskState::Cancelled),
            Self::Any => None,
        }
    }
}

impl WordSet for HumanTaskStateFilter {
    const ALL: &'static [Self] = &[Self::Open, Self::Done, Self::Cancelled, Self::Any];
    const WHAT: &'static str = "state";
    const UNKNOWN: ErrorCode = ErrorCode::UnknownState;

    fn word(self) -> &'static str {
        self.state().map_or("any", HumanTaskState::as_str)
    }
}

impl HumanTasksFilter {
    /// How many are listed at most.
    pub fn page(&self) -> u32 {
        self.limit.unwrap_or(20).clamp(1, MOST_ON_A_PAGE)
    }
}

/// What a person says to a run that was handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HumanAnswer {
    /// What is to happen.
    pub action: HumanAction,
    /// What the next agent is told, or why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Who is to try next, for `retry`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executor: Option<String>,
    /// With which model, for `retry`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// What is to happen to a run that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum HumanAction {
    /// Another attempt, which is told the text.
    Retry,
    /// The work is good as it is.
    Accept,
    /// It has failed.
    Stop,
}
