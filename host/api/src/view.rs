//! What the host tells about itself.

use super::word::{Word, WordSet};
use jackfield_types::{ErrorCode, RunState, Timestamp};
use serde::{Deserialize, Serialize};

/// Most lines on one page of any list.
pub(super) const MOST_ON_A_PAGE: u32 = 1_000;

/// Which runs to list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RunsFilter {
    /// queued, running, waiting, succeeded, failed or cancelled.
    pub state: Option<Word<RunState>>,
    /// A workspace's name, path or id.
    pub workspace: Option<String>,
    /// Of this task.
    pub task_id: Option<String>,
    /// Whose last attempt was of this executor.
    pub executor: Option<String>,
    /// With this text in the title.
    pub q: Option<String>,
    /// Since a time ago (`7d`, `12h`), a day or a time.
    pub since: Option<String>,
    /// newest (default), or cost (the most expensive first, on one page).
    pub sort: Option<Word<RunsOrder>>,
    /// Most to list; 20 where not given, 1,000 at most.
    pub limit: Option<u32>,
    /// Only runs older than this one: the id at the end of the page before.
    pub before: Option<String>,
}

/// The order of a list of runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum RunsOrder {
    /// The newest first.
    #[default]
    Newest,
    /// The most expensive first.
    Cost,
}

impl WordSet for RunsOrder {
    const ALL: &'static [Self] = &[Self::Newest, Self::Cost];
    const WHAT: &'static str = "order of runs";
    const UNKNOWN: ErrorCode = ErrorCode::UnknownOrder;

    fn word(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Cost => "cost",
        }
    }
}

impl RunsFilter {
    /// How many are listed at most.
    pub fn page(&self) -> u32 {
        self.limit.unwrap_or(20).clamp(1, MOST_ON_A_PAGE)
    }
}

/// An executor's set-up.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AuthStatus {
    /// Its name.
    pub executor: String,
    /// Whether its program is on the PATH and answers.
    pub installed: bool,
    /// The program's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// logged_in, logged_out or unknown.
    pub login: String,
    /// How it is logged in, never with what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What to do where it is not installed or not logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Whether the operator has it switched on.
    pub enabled: bool,
}

/// An executor as the dispatcher sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ExecutorStatus {
    /// Its name.
    pub executor: String,
    /// Attempts at work.
    pub busy: u32,
    /// Attempts that may be at work.
    pub slots: u32,
    /// Resting until then after a rate limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    pub cooling_until: Option<Timestamp>,
    /// Limits of its provider that have not reset, as its agents last reported them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemas", schemars(default))]
    pub limits: Vec<ProviderLimit>,
}

/// A limit of a provider, as an agent last reported it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ProviderLimit {
    /// The provider's name of it: `five_hour`, `weekly`, `requests`.
    pub name: String,
    /// The provider refused a request because of it.
    pub rejected: bool,
    /// When it resets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    pub resets_at: Option<Timestamp>,
    /// When it was reported.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub reported_at: Timestamp,
}

/// How the host is doing.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct OrchestratorStatus {
    /// This program's version.
    pub version: String,
    /// Runs waiting for a slot.
    pub queued: u32,
    /// Runs at work.
    pub running: u32,
    /// Attempts that may be at work at once.
    pub max_concurrent: u32,
    /// Each executor.
    pub executors: Vec<ExecutorStatus>,
    /// closed, alert or halted.
    pub breaker: String,
    /// Spent today, dollars.
    pub spent_today_usd: f64,
    /// What an operator should know.
    pub warnings: Vec<String>,
}

/// Answers `GET /health`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Health {
    /// `ok`, or what is wrong.
    pub status: String,
    /// This program's version.
    pub version: String,
}
