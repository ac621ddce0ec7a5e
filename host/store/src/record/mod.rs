//! What the store keeps, as plain data: what is given to be recorded (`New…`) and what is read back.
//!
//! Nothing here reads or writes; how a row becomes a record is in `row.rs`, beside them.

mod attempt;
mod event;
mod plugin;
mod run;
mod task;
mod workspace;

pub use attempt::{Artifact, Attempt, NewArtifact, NewAttempt, NewTranscript, Settlement};
pub use event::{Event, NewRunEvent, RunEvent};
pub use plugin::{NewPluginCall, PluginCall, PluginReceipt, PluginVersion, Serving};
pub use run::{NewRun, Run, RunSummary, RunView};
pub use task::{Idempotency, NewTask, Task};
pub use workspace::{NewWorkspace, Workspace, WorkspaceKind};
