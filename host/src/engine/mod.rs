//! The engine: the life of `execute`, from an instruction to a settled run.
//!
//! [`Host`] is the whole of it for the doors: typed calls in, plain data out. It knows the store,
//! the plugins, processes and worktrees; it knows no HTTP, no SQL and no wasmtime.

mod admit;
mod attempt;
mod builder;
mod choose;
mod environment;
mod events;
mod explain;
mod external;
mod folders;
mod health;
mod host;
mod life;
mod limits;
mod order;
mod people;
mod pricing;
mod query;
mod reading;
mod receipts;
mod recover;
mod redact;
mod report;
mod slots;
mod told;
mod workflow;

pub use builder::HostBuilder;
pub(crate) use events::line as event_line;
pub(crate) use folders::{default_data, private as private_folder, write_private};
pub use host::{Advice, AdvisedChoice, Host};

use crate::config::{Config, ExecutorSection};
use arc_swap::ArcSwap;
use folders::Folders;
use health::HealthCache;
use jackfield_plugins::Plugins;
use jackfield_process::{Environment, Launcher, ProcessError};
use jackfield_store::{Limits, Store};
use jackfield_types::{Clock, Failure, FailureClass, Micros, RunId, Timestamp, WorkspaceId};
use jackfield_workspace::Worktrees;
use life::Running;
use parking_lot::Mutex;
use slots::Slots;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long an executor rests after a rate limit that names no time.
const REST: Duration = Duration::from_secs(60);

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
    pub(crate) slots: Slots,
    pub(crate) health: HealthCache,
    /// Runs in this host's hands.
    pub(crate) running: Mutex<HashMap<RunId, Arc<Running>>>,
    resting: Mutex<HashMap<String, Timestamp>>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
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

    /// When an executor may be asked again, where it is resting.
    pub(crate) fn cooling_until(&self, executor: &str, now: Timestamp) -> Option<Timestamp> {
        self.resting.lock().get(executor).copied().filter(|until| *until > now)
    }

    /// Rests an executor until the time that its provider gave, in milliseconds since the epoch.
    pub(crate) fn rest(&self, executor: &str, until: Option<u64>) {
        let given =
            until.and_then(|at| i64::try_from(at).ok()).and_then(|at| Timestamp::from_millisecond(at).ok());
        let until = given.or_else(|| self.clock.now().checked_add(REST).ok());
        if let Some(until) = until {
            self.resting.lock().insert(executor.to_owned(), until);
        }
    }

    /// Rests an executor after a failure for want of capacity; a failed login is looked at anew.
    pub(crate) fn rest_after(&self, executor: &str, failure: &Failure) {
        match failure.class {
            FailureClass::RateLimited | FailureClass::Overloaded => {
                let wait = failure.retry_after_ms.map_or(REST, Duration::from_millis);
                let until = self.clock.now().checked_add(wait).ok();
                self.rest(executor, until.map(choose::milliseconds));
            }
            FailureClass::AuthFailure => self.health.forget(executor),
            _ => {}
        }
    }
}
