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
//! let diff = String::from_utf8(host.runs().diff(answer.run_id).await?)?;
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

mod engine;

pub use engine::{
    Access, Advice, AdvisedChoice, AdvisedTask, AuditContext, Backup, Budget, Change, Diff, Evaluation,
    EventFeed, Events, Gone, Host, HostBuilder, HumanTasks, Kept, KnownToken, LeasedRuns, Notifications,
    Ordered, PluginAdmin, Principal, PruneOptions, PruneReport, QualityIssue, Reconfigured, RemoteWorkers,
    Retention, RunFeed, Runs, Status, TRACE_TARGET, Tasks, TraceContext, Work, Workers, Workspaces,
    WorktreeEvidence, clip, continue_trace, default_data, event_line, leased_runs, leftovers, plugin_file,
    served, trace_context, trace_id, view_of_server,
};
pub use jackfield_api as api;
pub use jackfield_api::{Answer, ExecuteRequest, Progress};
pub use jackfield_config as config;
pub use jackfield_types::{Audience, ErrorClass, ErrorCode, Problem, Scope, Scopes, Sees};

/// This program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
