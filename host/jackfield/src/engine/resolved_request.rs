//! A resolved request: workspace, limits and defaults are set.

use super::admitted::Admitted;
use jackfield_api::{Access, ExecuteRequest, Gate};
use jackfield_store::Workspace;
use jackfield_types::{Micros, Role};
use jackfield_workspace::Source;
use std::time::Duration;

/// The type of a task with a command as its instruction.
pub(crate) const COMMAND: &str = "command";

/// A request with everything resolved except its executor.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) request: ExecuteRequest,
    pub(crate) workspace: Workspace,
    pub(crate) source: Source,
    /// The place that admission checked; `None` if an older version recorded the run.
    pub(super) admitted: Option<Admitted>,
    pub(crate) task_type: String,
    /// The type is a guess from the words of the instruction.
    pub(crate) classified: bool,
    pub(crate) complexity: u8,
    pub(crate) language: Option<String>,
    pub(crate) stack: Vec<String>,
    pub(crate) role: Role,
    pub(crate) expect_change: bool,
    pub(crate) access: Access,
    pub(crate) max_cost: Option<Micros>,
    pub(crate) timeout: Duration,
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
    pub(crate) fn may_run_by_choice(&self, executor: &str) -> bool {
        self.is_command() || self.request.executor.as_deref() == Some(executor)
    }

    /// The admitted place, as recorded with the run.
    pub(super) fn place_kept(&self) -> Option<serde_json::Value> {
        self.admitted.as_ref().and_then(|admitted| serde_json::to_value(admitted).ok())
    }
}
