//! The host: what it owns, for whom a handle acts, and the handles by which it is used.

use super::services::Services;
use super::{HostBuilder, Principal, Work};
use jackfield_types::Timestamp;
use std::path::PathBuf;
use std::sync::Arc;

/// Runs AI coding agents as durable, budgeted, auditable work.
///
/// Clones are the same host. Two hosts in one process do not meet, and two hosts on one data
/// folder share its records and its budget. The [crate]'s own page shows one at work.
#[derive(Clone)]
pub struct Host {
    pub(super) inner: Arc<Services>,
    pub(super) caller: Principal,
}

impl Host {
    /// A host whose records, logs, worktrees and plugins are in `data`.
    pub fn builder(data: impl Into<PathBuf>) -> HostBuilder {
        HostBuilder::new(data.into())
    }

    pub(crate) fn new(inner: Services) -> Self {
        Self { inner: Arc::new(inner), caller: Principal::default() }
    }

    /// This host as `caller` may use it: calls that its scopes do not allow are refused, and what it may not see does
    /// not exist for it. Both handles share everything else.
    ///
    /// ```no_run
    /// # async fn story(host: jackfield::Host) -> Result<(), jackfield::Problem> {
    /// use jackfield::{Principal, Scopes, Sees};
    ///
    /// let scopes = Scopes::parse("read").expect("a scope");
    /// let guest = host.acting_as(Principal::new("guest", scopes, Sees::Own));
    /// assert!(guest.runs().list(Default::default()).await?.is_empty(), "a guest has no runs");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn acting_as(&self, caller: Principal) -> Self {
        Self { inner: Arc::clone(&self.inner), caller }
    }

    /// The principal that calls of this handle are made for.
    pub fn caller(&self) -> &Principal {
        &self.caller
    }

    /// Starts what goes on beside every call.
    pub fn begin(&self) {
        if self.inner.work != Work::Nothing {
            self.inner.tasks.spawn(self.inner.queue.clone().work());
        }
        if self.inner.work == Work::All {
            self.inner.tasks.spawn(self.inner.pruner.clone().tidy_from_time_to_time());
            self.inner
                .tasks
                .spawn(super::alarms::log_breaker(self.inner.store.clone(), self.inner.stop.clone()));
        }
    }

    /// The time by the clock of this host.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// The configuration as it is now.
    pub fn config(&self) -> std::sync::Arc<jackfield_config::Config> {
        self.inner.settings.config()
    }

    /// Where this host keeps its things.
    pub fn data_folder(&self) -> PathBuf {
        self.inner.folders.data.clone()
    }
}
