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
mod lease;
pub mod leased_runs;
pub mod leftovers;
mod limits;
mod models;
mod order;
mod output_reader;
mod place;
mod plugin_admin;
mod pricing;
mod principal;
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

use arc_swap::ArcSwap;
use folders::Folders;
use health::HealthCache;
use jackfield_config::{Config, ExecutorSection};
use jackfield_plugins::Plugins;
use jackfield_process::{Environment, Launcher, ProcessError};
use jackfield_redact::Secrets;
use jackfield_store::{Limits, Store};
use jackfield_types::{Clock, Micros, RunId, WorkerId, WorkspaceId};
use jackfield_workspace::Worktrees;
use parking_lot::Mutex;
use running::Running;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Notify, OnceCell};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Everything that a host owns. Nothing is global: two hosts in one process do not meet.
pub(crate) struct Inner {
    /// What is in force now; a changed file takes its place while the host runs.
    config: ArcSwap<Config>,
    pub(crate) folders: Folders,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) plugins: Arc<Plugins>,
    /// Found out when the first process is to be started: looking at records needs none.
    launcher: OnceCell<Launcher>,
    pub(crate) worktrees: Worktrees,
    /// The host's own environment, as it was when it was opened.
    pub(crate) environment: Environment,
    pub(crate) health: HealthCache,
    /// What is taken out of every text that is recorded, sent or shown.
    secrets: Arc<Secrets>,
    /// Runs in this host's hands.
    pub(crate) running: Mutex<HashMap<RunId, Arc<Running>>>,
    /// What this host does about work that waits, and under which name.
    pub(crate) work: Work,
    pub(crate) worker: WorkerId,
    /// Somebody has put something into the queue, or a place is free.
    pub(crate) wake: Notify,
    /// What earlier hosts left half made was looked after.
    repaired: OnceCell<()>,
    /// Where calls through the port are written down.
    audit: audit::AuditFile,
    /// Which tokens were in use, and when that was last written down.
    uses: tokens::Uses,
    /// Components that are asked on the side.
    shadows: shadow::Shadows,
    pub(crate) tasks: TaskTracker,
    /// Whatever goes on beside the calls ends.
    pub(crate) stop: CancellationToken,
    pub(crate) shutdown: shutdown::Shutdown,
    /// The file of the lease that agents live on, where a host elsewhere could give this one up.
    pub(crate) lease: Option<std::path::PathBuf>,
    /// Which host instance this is, for recovery.
    pub(crate) host: String,
}

impl Inner {
    /// The configuration as it is now. Whoever needs two settings that belong together asks once.
    pub(crate) fn config(&self) -> Arc<Config> {
        self.config.load_full()
    }

    pub(crate) async fn launcher(&self) -> Result<&Launcher, ProcessError> {
        self.launcher.get_or_try_init(Launcher::detect).await
    }

    pub(crate) fn executor_section(&self, name: &str) -> ExecutorSection {
        self.config().executors.get(name).cloned().unwrap_or_default()
    }

    pub(crate) fn limits(&self, workspace: Option<WorkspaceId>, run: Option<Micros>) -> Limits {
        limits::limits(&self.config().breaker, workspace, run)
    }
}
