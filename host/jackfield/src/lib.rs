//! Jackfield runs AI coding agents (Claude Code, Codex, Gemini, any program) as durable, budgeted,
//! auditable work.
//!
//! A [`Host`] takes an instruction, asks a component who should do it, runs that agent's program in
//! a git worktree of its own, charges what it uses to a ledger with a breaker, and answers in a few
//! tokens. Everything that decides is a sandboxed WebAssembly component that can be replaced while
//! the host runs. See `ARCHITECTURE.md` for the map.
//!
//! # A host inside your program
//!
//! A host needs a folder of its own, a Tokio runtime with several threads, and `git`. Here the shell does the work, so
//! that no account is needed:
//!
//! ```
//! use jackfield::{ExecuteRequest, Host};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! std::fs::create_dir(folder.path().join("notes"))?;
//!
//! let host = Host::builder(folder.path().join("data")).open().await?;
//! let request = ExecuteRequest {
//!     executor: Some("shell".into()),
//!     workspace: Some(folder.path().join("notes").display().to_string()),
//!     ..ExecuteRequest::new("echo bread > list.txt")
//! };
//! let answer = host.runs().execute_with(request, |step| println!("{}", step.message)).await?;
//! assert!(answer.text.starts_with("flowchart LR"));
//!
//! // The folder itself is as it was; what was written is in the diff and on a branch.
//! let diff = String::from_utf8(host.output().diff(answer.run_id).await?)?;
//! assert!(diff.contains("+bread"));
//! host.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! [`Runs::execute`] waits for the end; [`Runs::dispatch`] gives a run's id at once, which [`Runs::result`],
//! [`Runs::follow`], [`Runs::feed`] and [`Runs::cancel`] take. A refusal, and whatever else goes wrong around the
//! work, is a [`Problem`] with a stable code, a message and what to do about it; an agent that fails is an [`Answer`].
//!
//! # Its interfaces inside your server
//!
//! The crate `jackfield-server` has MCP and REST as one router, which can be nested under any path of yours.
//!
//! # Ending
//!
//! A host that is dropped goes on with what it has in hand; end it with [`Host::shutdown`], which cancels that, or
//! with [`Host::hand_over`], which leaves the agents at work to the next host on the folder. [`Host::drain`] waits for
//! them first.

mod alarms;
mod builder;
mod calls;
mod compile_process;
mod executor_settings;
mod handles;
mod host;
mod receipts;
mod reconfigure;
mod served;
mod services;
#[cfg(test)]
mod tests;
mod trial_plugins;

pub use builder::{HostBuilder, view_of_server};
pub use calls::backup::Backup;
#[cfg(feature = "board")]
pub use calls::board::{BoardOverview, CardsFilter, StageOverview};
pub use calls::changes::{Change, ChangeFeed};
pub use calls::feed::{EventFeed, RunFeed};
pub use calls::output::{Printed, RawOutput};
pub use calls::plugin_admin::{Ordered, plugin_file};
pub use calls::runs::{Advice, AdvisedChoice, AdvisedTask};
pub use calls::sessions::{BrowserLogin, KnownSession};
pub use calls::tokens::KnownToken;
pub use handles::{
    Access, Budget, Evaluation, Events, HumanTasks, LeasedRuns, Notifications, Output, PluginAdmin,
    RemoteWorkers, Retention, Runs, Sessions, Status, Tasks, Workers, Workspaces,
};
#[cfg(feature = "board")]
pub use handles::{Board, Skills};
pub use host::Host;
pub use jackfield_access::principal::{AuditContext, Principal};
pub use jackfield_api as api;
pub use jackfield_api::{Answer, ExecuteRequest, Progress};
#[cfg(feature = "board")]
pub use jackfield_board as board;
pub use jackfield_config as config;
pub use jackfield_core::folders::default_data;
pub use jackfield_fleet::leased_runs;
pub use jackfield_model as model;
pub use jackfield_model::{HostEvent, HostEventRecord, RunEvent, RunEventRecord};
pub use jackfield_retention::{Gone, Kept, PruneOptions, PruneReport};
pub use jackfield_runs::execution::leftovers;
pub use jackfield_runs::records::events::line as event_line;
pub use jackfield_runs::records::trace::{
    TARGET as TRACE_TARGET, TraceContext, continue_trace, id as trace_id, trace_context,
};
pub use jackfield_runs::scheduling::work::Work;
pub use jackfield_runs::selection::quality::QualityIssue;
pub use jackfield_runs::verification::evidence::{Diff, WorktreeEvidence};
pub use jackfield_types::{Audience, ErrorClass, ErrorCode, Operation, Problem, Scope, Scopes, Sees, clip};
pub use served::served;

/// This program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
