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

impl Action {
    /// As it is written in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Halt => "halt",
            Self::Alert => "alert",
        }
    }
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

    /// Those that hold for a spender, with what is counted for each.
    pub fn of<'a>(&'a self, spender: &'a Spender) -> impl Iterator<Item = (&'a Limit, Scope)> {
        self.limits.iter().filter_map(|limit| limit.scope_for(spender).map(|scope| (limit, scope)))
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

impl Limit {
    /// What is counted for it when this spender spends; none: it does not hold for the spender.
    pub fn scope_for(&self, spender: &Spender) -> Option<Scope> {
        match &self.scope {
            LimitScope::All => Some(Scope::All),
            LimitScope::Workspace(id) => {
                (*id == spender.workspace).then_some(Scope::Workspace(spender.workspace))
            }
            LimitScope::Executor(name) => (*name == spender.executor).then(|| Scope::Executor(name.clone())),
            LimitScope::Token(name) => (*name == spender.principal).then(|| Scope::Token(name.clone())),
            // Asked for where something is written down, and nowhere else.
            LimitScope::Writes(_) => None,
            LimitScope::EachTask => Some(Scope::Task(spender.task)),
            LimitScope::EachRun => Some(Scope::Run(spender.run)),
        }
    }

    /// What is counted for it whoever spends; none: it is counted for each task or run apart.
    pub fn own_scope(&self) -> Option<Scope> {
        match &self.scope {
            LimitScope::All => Some(Scope::All),
            LimitScope::Workspace(id) => Some(Scope::Workspace(*id)),
            LimitScope::Executor(name) => Some(Scope::Executor(name.clone())),
            LimitScope::Token(name) => Some(Scope::Token(name.clone())),
            LimitScope::Writes(_) | LimitScope::EachTask | LimitScope::EachRun => None,
        }
    }

    /// Whether it is what limits this scope.
    pub fn holds_for(&self, scope: &Scope) -> bool {
        match (&self.scope, scope) {
            (LimitScope::EachTask, Scope::Task(_)) | (LimitScope::EachRun, Scope::Run(_)) => true,
            _ => self.own_scope().as_ref() == Some(scope),
        }
    }
}

impl Counts {
    /// Whether what is spent on this account counts.
    pub const fn includes(self, account: Account) -> bool {
        matches!(
            (self, account),
            (Self::Both, _) | (Self::Billed, Account::Billed) | (Self::Equivalent, Account::Equivalent)
        )
    }

    /// What counts of the amounts of both accounts.
    pub const fn pick(self, billed: Micros, equivalent: Micros) -> Micros {
        match self {
            Self::Both => Micros(billed.0.saturating_add(equivalent.0)),
            Self::Billed => billed,
            Self::Equivalent => equivalent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_is_read_back_from_its_text() {
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
