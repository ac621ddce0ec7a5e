//! What callers say to a [`Host`](crate::Host) and what they are told: the same types at every
//! door. Serialised as JSON they are the REST bodies and the MCP arguments and results.

mod answer;
mod request;
mod view;

pub use answer::{Answer, AttemptSummary, FileLine, Link, Metrics, Progress};
pub use request::{Access, Check, Complexity, ExecuteRequest, Expect, MAX_INSTRUCTION_BYTES};
pub use view::{AuthStatus, ExecutorStatus, Health, OrchestratorStatus, RunsFilter};
