//! An error as the person who meets it should read it.

use crate::operation::with_names;
use crate::{ErrorCode, Operation, RunId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who can do something about a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Whoever made the call: the request is wrong.
    Caller,
    /// Whoever runs the host: its set-up, money or machine.
    Operator,
    /// Whoever wrote the component.
    Author,
}

/// What went wrong, for whom, and what to do. Every door shows all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Problem {
    /// Stable, in `snake_case`; programs match on it.
    pub code: ErrorCode,
    /// Who can fix it.
    pub audience: Audience,
    /// What happened, in plain words.
    pub message: String,
    // In words that hold for every interface.
    /// What to do next.
    pub remedy: String,
    /// The operations that the remedy calls for: an interface adds its own names of them to the remedy.
    #[serde(skip)]
    pub operations: Vec<Operation>,
    /// The run that it happened to, where one had begun.
    #[serde(flatten)]
    pub run: Option<Box<Begun>>,
}

/// A run that had begun when something went wrong: its work is not lost with the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Begun {
    /// The run.
    pub run_id: RunId,
    /// The branch that holds its work, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Dollars spent so far; not there where unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
}

// What something cost is a number.
impl Eq for Begun {}

impl fmt::Display for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {}", self.run_id)?;
        self.branch.iter().try_for_each(|branch| write!(f, ", branch {branch}"))?;
        self.cost_usd.iter().try_for_each(|cost| write!(f, ", ${cost:.4} spent"))
    }
}

impl Problem {
    /// The same, that happened to a run.
    #[must_use]
    pub fn of_run(self, run: Begun) -> Self {
        Self { run: Some(Box::new(run)), ..self }
    }

    /// The same, with an operation that its remedy calls for, if there is one.
    #[must_use]
    pub fn with(mut self, operation: impl Into<Option<Operation>>) -> Self {
        self.operations.extend(operation.into());
        self
    }

    /// The same for the clients of an interface: its remedy ends with the interface's names of the operations.
    #[must_use]
    pub fn named(self, name: impl Fn(&Operation) -> Option<String>) -> Self {
        let remedy = with_names(self.remedy, &self.operations, name);
        Self { remedy, operations: Vec::new(), ..self }
    }

    /// The request is wrong.
    pub fn caller(code: ErrorCode, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Audience::Caller, code, message, remedy)
    }

    /// The host's set-up, money or machine is in the way.
    pub fn operator(code: ErrorCode, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Audience::Operator, code, message, remedy)
    }

    /// A component is wrong.
    pub fn author(code: ErrorCode, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Audience::Author, code, message, remedy)
    }

    fn new(
        audience: Audience,
        code: ErrorCode,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (message, remedy) = (message.into(), remedy.into());
        Self { code, audience, message, remedy, operations: Vec::new(), run: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.remedy.is_empty() {
            write!(f, "\n  {}", self.remedy)?;
        }
        if let Some(run) = &self.run {
            write!(f, "\n  {run}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
