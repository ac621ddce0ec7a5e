//! The engine: the life of `execute`, from an instruction to a settled run.
//!
//! [`Host`] is the whole of it for the doors: typed calls in, plain data out. It knows the store,
//! the plugins, processes and worktrees; it knows no HTTP, no SQL and no wasmtime.

mod admit;
mod admitted;
mod adopt;
mod advance;
mod alarms;

mod attempt;
mod audit;
mod backlog;
mod builder;
mod calls;
mod cancel;
mod check;
mod choose;
mod classify;
mod compared;
mod compile_process;
mod consensus;
mod context;
mod cooldown;
mod decisions;
mod describe;
mod ended;
mod environment;
mod events;
mod evidence;
mod executor_settings;
mod failures;
mod files;
mod folders;
mod gates;
mod handles;
mod health;
mod health_cache;
mod history;
mod host;
mod instance;
mod ladder;
pub mod leased_runs;
pub mod leftovers;
mod limits;
mod loader;
mod local_worker;
mod models;
mod moment;
mod order;
mod output_reader;
mod place;
mod planned;
mod plans;
mod pricing;
mod principal;
mod processes;
mod quality;
mod receipts;
mod reconfigure;
mod recover;
mod remote_workers;
mod replay;
mod report;
mod resolved_request;
mod retention;
mod retry;
mod rounds;
mod running;
mod secrets;
mod served;
mod services;
mod settings;
mod shadow;
mod shutdown;
mod telling;
mod token_uses;
pub(crate) mod trace;
mod trial_plugins;
mod work;
mod worker;

pub use builder::{HostBuilder, view_of_server};
pub use calls::backup::Backup;
pub use calls::feed::{EventFeed, RunFeed};
pub use calls::plugin_admin::{Ordered, plugin_file};
pub use calls::runs::{Advice, AdvisedChoice, AdvisedTask};
pub use calls::tokens::KnownToken;
pub use events::{clip, line as event_line};
pub use evidence::{Diff, WorktreeEvidence};
pub use folders::default_data;
pub use handles::{
    Access, Budget, Evaluation, Events, HumanTasks, LeasedRuns, Notifications, PluginAdmin, RemoteWorkers,
    Retention, Runs, Status, Tasks, Workers, Workspaces,
};
pub use host::Host;
pub use principal::{AuditContext, Principal};
pub use quality::QualityIssue;
pub use reconfigure::{Change, Reconfigured};
pub use retention::{Gone, Kept, PruneOptions, PruneReport};
pub use served::served;
pub use trace::{TARGET as TRACE_TARGET, TraceContext, continue_trace, id as trace_id, trace_context};
pub use work::Work;
