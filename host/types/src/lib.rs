//! The words of Jackfield as plain data: ids, money, digests, states, outcomes, failures, usage.
//!
//! Every other layer knows this one; this one knows nothing but serialisation. There is no I/O
//! here, and no clock but the [`Clock`] that others are given.

mod access;
mod clock;
mod digest;
mod error_code;
mod failure;
mod id;
mod money;
mod operation;
mod outcome;
mod plugin;
mod problem;
mod state;
mod task;
mod text;
mod usage;
mod words;
mod workflow;

pub use access::{Scope, Scopes, Sees};
pub use clock::{Clock, ManualClock, SystemClock};
pub use digest::{Digest, InvalidDigest};
pub use error_code::{ErrorClass, ErrorCode};
pub use failure::{Failure, FailureClass, FailureKind};
pub use id::{AttemptId, HumanTaskId, InvalidId, RunId, SessionId, TaskId, TokenId, WorkerId, WorkspaceId};
pub use jiff::Timestamp;
pub use money::{InvalidMoney, Micros};
pub use operation::{Operation, with_names};
pub use outcome::{Delivered, Outcome, Process, Settled, Verified, settle};
pub use plugin::{PluginKind, PluginRef, UnknownKind};
pub use problem::{Audience, Begun, Problem};
pub use state::{AttemptState, RunState};
pub use task::{TaskChange, TaskEnd, TaskEvent, TaskState};
pub use text::clip;
pub use usage::{CostSource, Effort, Rates, Role, Tier, Usage};
pub use workflow::{
    InvalidName, InvalidWorkflow, OnEnd, OnFailure, OnSuccess, Stage, StageName, StagePosition, Workflow,
    WorkflowName,
};
