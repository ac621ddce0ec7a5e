//! A resolved request: workspace, limits and defaults are set.

use crate::admission::admitted::Admitted;
use jackfield_api::{Access, ExecuteRequest, Gate};
use jackfield_store::Workspace;
use jackfield_types::{Micros, Role};
use jackfield_workspace::Source;
use std::time::Duration;

/// The type of a task with a command as its instruction.
pub(crate) const COMMAND: &str = "command";

/// A request with everything resolved except its executor.
#[derive(Debug)]
pub struct Order {
    /// The request as it was made.
    pub request: ExecuteRequest,
    /// Its workspace.
    pub workspace: Workspace,
    /// The folder that the worktree is made from.
    pub source: Source,
    /// The place that admission checked; `None` if an older version recorded the run.
    pub(crate) admitted: Option<Admitted>,
    /// The type of the task.
    pub task_type: String,
    /// The type is a guess from the words of the instruction.
    pub classified: bool,
    /// The complexity, 1 to 5.
    pub complexity: u8,
    /// The programming language.
    pub language: Option<String>,
    /// Libraries and tools.
    pub stack: Vec<String>,
    /// The role of the agent.
    pub role: Role,
    /// Whether success needs a change.
    pub expect_change: bool,
    /// What the agent may do.
    pub access: Access,
    /// The cost limit of the run.
    pub max_cost: Option<Micros>,
    /// The time limit of an attempt.
    pub timeout: Duration,
    /// The gates of the configuration, then those of the request.
    pub(crate) gates: Vec<Gate>,
}

impl Order {
    /// Whether the instruction is a command to run verbatim.
    pub(crate) fn is_command(&self) -> bool {
        self.task_type == COMMAND
    }

    /// Whether an executor that runs the instruction as a command may run it: the task is a command, or the request
    /// names the executor.
    pub fn may_run_by_choice(&self, executor: &str) -> bool {
        self.is_command() || self.request.executor.as_deref() == Some(executor)
    }

    /// The admitted place, as recorded with the run.
    pub fn place_kept(&self) -> Option<serde_json::Value> {
        self.admitted.as_ref().and_then(|admitted| serde_json::to_value(admitted).ok())
    }
}
