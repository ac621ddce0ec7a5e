//! The engine: the life of `execute`, from an instruction to a settled run.
//!
//! [`Host`] is the whole of it for the doors: typed calls in, plain data out. It knows the store,
//! the plugins, processes and worktrees; it knows no HTTP, no SQL and no wasmtime.

mod admit;
mod adopt;
mod advance;
mod alarms;
mod answer;

mod attempt;
mod audit;
mod backlog;
mod budget;
mod builder;
mod cancel;
mod check;
mod choose;
mod classify;
mod compared;
mod compile_process;
mod consensus;
mod context;
mod cooldown;
mod describe;
mod ended;
mod environment;
mod events;
mod evidence;
mod executor_settings;
mod explain;
mod external;
mod feed;
mod files;
mod folders;
mod gates;
mod handles;
mod health;
mod history;
mod host;
mod human_tasks;
mod keep;
mod ladder;
pub mod leased_runs;
pub mod leftovers;
mod limits;
mod models;
mod order;
mod output_reader;
mod place;
mod plans;
mod plugin_admin;
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
mod retry;
mod rounds;
mod running;
mod runs;
mod secrets;
mod served;
mod services;
mod settings;
mod shadow;
mod shutdown;
mod status;
mod telling;
mod tokens;
pub(crate) mod trace;
mod webhooks;
mod worker;
mod workers;
mod workflow;

pub use builder::{HostBuilder, view_of_server};
pub use events::{clip, line as event_line};
pub use evidence::{Diff, WorktreeEvidence};
pub use feed::{EventFeed, RunFeed};
pub use folders::default_data;
pub use handles::{
    Access, Budget, Evaluation, Events, HumanTasks, LeasedRuns, Notifications, PluginAdmin, RemoteWorkers,
    Retention, Runs, Status, Tasks, Workers, Workspaces,
};
pub use host::Host;
pub use keep::{Backup, Gone, Kept, Tidied, Tidying};
pub use plugin_admin::{Ordered, plugin_file};
pub use principal::{AuditContext, Principal};
pub use quality::QualityIssue;
pub use reconfigure::{Change, Reconfigured};
pub use runs::{Advice, AdvisedChoice, AdvisedTask};
pub use served::served;
pub use tokens::KnownToken;
pub use trace::{TARGET as TRACE_TARGET, TraceContext, continue_trace, id as trace_id, trace_context};
pub use worker::Work;
