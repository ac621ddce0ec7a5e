//! Limits: what may be spent, by whom, in what time, and what happens when it is.
//!
//! They are configuration and come with every call as data; the store keeps none of them.

use jackfield_types::{AttemptId, Micros, RunId, TaskId, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What was given as a scope is not one.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a scope: write all, workspace:ID, executor:NAME, token:NAME, task:ID or run:ID")]
pub struct InvalidScope(String);

/// One thing that money is counted for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schemas", schemars(rename = "SpendingScope"))]
#[allow(missing_docs)]
pub enum Scope {
    All,
    Workspace(WorkspaceId),
    Executor(String),
    /// Everything that was handed in under one name, which is that of a token.
    Token(String),
    Task(TaskId),
    Run(RunId),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Workspace(id) => write!(f, "workspace:{id}"),
            Self::Executor(name) => write!(f, "executor:{name}"),
            Self::Token(name) => write!(f, "token:{name}"),
            Self::Task(id) => write!(f, "task:{id}"),
            Self::Run(id) => write!(f, "run:{id}"),
        }
    }
}

impl FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        let bad = || InvalidScope(text.to_owned());
        if text == "all" {
            return Ok(Self::All);
        }
        match text.split_once(':').ok_or_else(bad)? {
            ("workspace", id) => id.parse().map(Self::Workspace).map_err(|_| bad()),
            ("executor", name) if !name.is_empty() => Ok(Self::Executor(name.to_owned())),
            ("token", name) if !name.is_empty() => Ok(Self::Token(name.to_owned())),
            ("task", id) => id.parse().map(Self::Task).map_err(|_| bad()),
            ("run", id) => id.parse().map(Self::Run).map_err(|_| bad()),
            _ => Err(bad()),
        }
    }
}

impl TryFrom<String> for Scope {
    type Error = InvalidScope;

    fn try_from(text: String) -> Result<Self, InvalidScope> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

/// What a limit holds for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LimitScope {
    /// Everything this host spends.
    All,
    /// One workspace.
    Workspace(WorkspaceId),
    /// One executor.
    Executor(String),
    /// What one token hands in.
    Token(String),
    /// What one token writes down of work that was done elsewhere.
    Writes(String),
    /// Every task by itself.
    EachTask,
    /// Every run by itself.
    EachRun,
}

/// The time in which a limit may be used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// A calendar day in the store's time zone.
    Day,
    /// A calendar month in the store's time zone.
    Month,
    /// It never begins anew.
    Ever,
}

impl Period {
    /// As an adjective: "daily", "monthly", "total".
    pub const fn adjective(self) -> &'static str {
        match self {
            Self::Day => "daily",
            Self::Month => "monthly",
            Self::Ever => "total",
        }
    }
}

/// What happens when a limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schemas", schemars(rename = "LimitAction"))]
pub enum Action {
    /// Work is refused, and what is running is stopped when its reservation is used up.
    Halt,
    /// It is told, and work goes on.
    Alert,
}

/// One limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Limit {
    /// What it holds for.
    pub scope: LimitScope,
    /// In what time.
    pub period: Period,
    /// How much.
    pub amount: Micros,
    /// What happens then.
    pub action: Action,
}

/// Which account an attempt's cost is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Account {
    /// Money that somebody will be asked for.
    Billed,
    /// What work under a subscription would have cost.
    Equivalent,
}

/// Which accounts the breaker counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Counts {
    #[default]
    Both,
    Billed,
    Equivalent,
}

/// All the limits in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// In any order; the first halting one that is passed is the one that refuses.
    pub limits: Vec<Limit>,
    /// Which accounts count against them.
    pub counts: Counts,
}

impl Default for Limits {
    /// $20 a day halts, $80 a month alerts, and both accounts count.
    fn default() -> Self {
        let limit = |period, dollars, action| Limit {
            scope: LimitScope::All,
            period,
            amount: Micros::dollars(dollars),
            action,
        };
        Self {
            limits: vec![limit(Period::Day, 20, Action::Halt), limit(Period::Month, 80, Action::Alert)],
            counts: Counts::Both,
        }
    }
}

impl Limits {
    /// No limit at all.
    pub const fn none() -> Self {
        Self { limits: Vec::new(), counts: Counts::Both }
    }
}

/// What one attempt's money is counted for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Spender {
    pub workspace: WorkspaceId,
    pub executor: String,
    /// Who handed it in.
    pub principal: String,
    pub task: TaskId,
    pub run: RunId,
    pub attempt: AttemptId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_reads_back_what_it_shows() {
        let scopes = [
            Scope::All,
            Scope::Workspace(WorkspaceId::new()),
            Scope::Executor("codex".to_owned()),
            Scope::Token("ci".to_owned()),
            Scope::Task(TaskId::new()),
            Scope::Run(RunId::new()),
        ];
        for scope in scopes {
            assert_eq!(scope.to_string().parse::<Scope>().unwrap(), scope);
        }
        for bad in ["", "everything", "run:", "run:7", "executor:", "token:", "branch:main"] {
            assert!(bad.parse::<Scope>().is_err(), "{bad}");
        }
    }
}
