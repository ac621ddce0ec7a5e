//! A request as it is carried out: workspace, limits and defaults resolved.

use super::admitted::Admitted;
use jackfield_api::{Access, ExecuteRequest, Gate};
use jackfield_store::Workspace;
use jackfield_types::{Micros, Role};
use jackfield_workspace::Source;
use std::time::Duration;

/// The type of a task whose instruction is run as it is written.
pub(crate) const COMMAND: &str = "command";

/// What is to be done, with nothing left open but who does it.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) request: ExecuteRequest,
    pub(crate) workspace: Workspace,
    pub(crate) source: Source,
    /// Where the work was admitted to be done; none: recorded by a version that did not keep it.
    pub(super) admitted: Option<Admitted>,
    pub(crate) task_type: String,
    /// The type is a guess by the words of the instruction.
    pub(crate) classified: bool,
    pub(crate) complexity: u8,
    pub(crate) language: Option<String>,
    pub(crate) stack: Vec<String>,
    pub(crate) role: Role,
    pub(crate) expect_change: bool,
    pub(crate) access: Access,
    pub(crate) max_cost: Option<Micros>,
    pub(crate) timeout: Duration,
    /// Those of the configuration before those of the request.
    pub(crate) gates: Vec<Gate>,
}

impl Order {
    /// The instruction is a command, to be run as it is written.
    pub(crate) fn is_command(&self) -> bool {
        self.task_type == COMMAND
    }

    /// Whether an executor that runs the instruction as a command may, though a component chose it.
    pub(crate) fn may_run_by_choice(&self, executor: &str) -> bool {
        self.is_command() || self.request.executor.as_deref() == Some(executor)
    }

    /// Where it was admitted to work, as the record of its run has it.
    pub(super) fn place_kept(&self) -> Option<serde_json::Value> {
        self.admitted.as_ref().and_then(|admitted| serde_json::to_value(admitted).ok())
    }
}
