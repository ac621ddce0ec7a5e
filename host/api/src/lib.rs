//! What callers say to a `Host` and what they are told: the same types at every
//! door. Serialised as JSON they are the REST bodies and the MCP arguments and results.

mod access;
mod answer;
pub mod bounds;
mod explain;
mod log;
mod people;
mod recorded;
pub mod remote;
mod replay;
mod request;
mod view;
mod word;
mod workers;
mod workflow;

pub use access::{
    AuditEntry, AuditFilter, LoginAnswer, LoginRequest, LoginTicket, Me, SessionView, TokenMade, TokenRequest,
};
pub use answer::{
    Answer, AttemptSummary, Author, ConsensusResult, FileLine, Link, Metrics, Progress, run_uri,
};
pub use explain::{ExplainedCandidate, Explanation, Step, StepKind};
pub use log::LogQuery;
pub use people::{
    HumanAction, HumanAnswer, HumanTaskEdit, HumanTaskRequest, HumanTaskStateFilter, HumanTasksFilter,
};
pub use recorded::RecordedRequest;
pub use replay::{Bounds, ChangedChoice, FunctionReplayed, Prediction, ReplayFailure, Replayed, Shadowed};
pub use request::{Access, Check, Complexity, ExecuteRequest, Expect, Gate, MAX_INSTRUCTION_BYTES};
pub use view::{
    AuthStatus, ExecutorStatus, Health, OrchestratorStatus, ProviderLimit, RunsFilter, RunsOrder,
};
pub use word::{Word, WordSet};
pub use workers::{WorkerAction, WorkerLine, WorkersStatus};
pub use workflow::{
    CloseAnswer, CloseRequest, ExternalOutcome, Handle, InitAnswer, InitRequest, Spec, SpecRequest,
    SpecVersion, TasksFilter, WriteAnswer, WriteRequest,
};
