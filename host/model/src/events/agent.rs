//! Payloads of what an agent does, as its adapter reports it: the records of the WIT interface `driving`.

use jackfield_types::FailureClass;
use serde::{Deserialize, Serialize};

/// The agent has started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AgentStarted {
    /// The agent's own id of its conversation.
    pub session: Option<String>,
    /// The model, as the agent names it.
    pub model: Option<String>,
    /// The version of the agent's program.
    pub version: Option<String>,
}

/// The agent calls a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ToolCall {
    /// The same as that of its result.
    pub id: String,
    /// The tool.
    pub name: String,
    /// One line for a person: the command, the path, the query.
    pub summary: String,
    /// The arguments as JSON, cut by the adapter.
    pub input: String,
}

/// A tool has returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ToolResult {
    /// The same as that of its call.
    pub id: String,
    /// Whether it succeeded.
    pub ok: bool,
    /// Its first lines, cut by the adapter.
    pub summary: String,
}

/// The agent has changed a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct FileChange {
    /// The file.
    pub path: String,
    /// How it changed.
    pub kind: FileChangeKind,
}

/// How an agent changed a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub enum FileChangeKind {
    /// It is new.
    Added,
    /// It has other content.
    Modified,
    /// It is gone.
    Deleted,
    /// It has another name.
    Renamed,
}

impl FileChangeKind {
    /// As recorded and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Modified => "Modified",
            Self::Deleted => "Deleted",
            Self::Renamed => "Renamed",
        }
    }
}

/// The total usage of the attempt so far. `input`, `cached_input`, `cache_write` and `output` never overlap;
/// `reasoning` is a part of `output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ReportedUsage {
    /// Tokens read afresh.
    pub input: u64,
    /// Tokens read from the provider's cache.
    pub cached_input: u64,
    /// Tokens written to the provider's cache.
    pub cache_write: u64,
    /// Tokens written by the model.
    pub output: u64,
    /// The part of `output` that was reasoning.
    pub reasoning: u64,
    /// The agent's own figure for the cost, in micro-dollars.
    pub cost: Option<u64>,
    /// The figures are an estimate.
    pub estimated: bool,
}

/// What the provider says about one of its limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RateLimit {
    /// As the provider names it: `five_hour`, `weekly`, `requests`, ...
    pub name: String,
    /// The provider refused a request because of it.
    pub rejected: bool,
    /// When it resets, milliseconds since 1970.
    pub resets_at: Option<u64>,
}

/// The agent repeats a failed request to its provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Retrying {
    /// The number of the repetition.
    pub attempt: u32,
    /// How many there are at most.
    pub of: Option<u32>,
    /// The pause before it, milliseconds.
    pub after: u64,
    /// Why the request failed.
    #[serde(with = "ClassName")]
    pub class: FailureClass,
    /// The error message.
    pub message: String,
}

/// A failure class under the name that adapters report: that of the variant.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "ReportedFailureClass"))]
#[serde(remote = "FailureClass")]
enum ClassName {
    TestFail,
    WrongFile,
    Refused,
    Unknown,
    AuthFailure,
    NoCredit,
    Timeout,
    SyntaxError,
    Network,
    UnknownModel,
    Denied,
    NoProgram,
    Killed,
    Lost,
    RateLimited,
    Overloaded,
    ContextOverflow,
    Budget,
    Cancelled,
}
