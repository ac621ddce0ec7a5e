//! Opening a host.

use crate::compile_process::OwnProcess;
use crate::host::Host;
use crate::receipts;
use crate::services::Services;
use jackfield_config::{Config, PluginLimits};
use jackfield_core::folders::Folders;
use jackfield_runs::Parts;
use jackfield_runs::scheduling::work::Work;

use jackfield_plugins::{
    Apart, Embedded, FailureMode, FailureModes, KindLimits, Limits, LockUse, MemoryScan, Options, Plugins,
    ServerView, Service,
};
use jackfield_process::{Environment, host_environment};
use jackfield_redact::Secrets;
use jackfield_store::{Redact, Store, StoreOptions};
use jackfield_types::{Clock, ErrorCode, Operation, Problem, SystemClock};
use jackfield_workspace::Worktrees;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Traps or deadlines in a row after which a component is put away.
const STRIKES: u32 = 3;

/// Says how a [`Host`] is to be; [`open`](Self::open) opens it.
///
/// ```
/// use jackfield::{Host, Work};
/// use jackfield::config::Config;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let mut config = Config::default();
/// config.run.max_concurrent = 4;
/// config.breaker.day_usd = "5".parse()?;
///
/// let host = Host::builder(folder.path())
///     .config(config)
///     // Agents see nothing of this process's environment but this.
///     .environment([("PATH".to_owned(), "/usr/bin:/bin".to_owned())])
///     // Takes only what was asked of this very host, not what others left in the queue.
///     .work(Work::Own)
///     .open()
///     .await?;
/// assert_eq!(host.status().orchestrator().await?.max_concurrent, 4);
/// host.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub struct HostBuilder {
    data: PathBuf,
    config: Config,
    clock: Arc<dyn Clock>,
    environment: Option<Environment>,
    embedded: Vec<Cow<'static, [u8]>>,
    watch: bool,
    work: Work,
    lease: Option<PathBuf>,
    apart: Option<Arc<dyn Apart>>,
}

impl Host {
    /// A host whose records, logs, worktrees and plugins are in `data`.
    pub fn builder(data: impl Into<PathBuf>) -> HostBuilder {
        HostBuilder::new(data.into())
    }
}

impl HostBuilder {
    pub(crate) fn new(data: PathBuf) -> Self {
        Self {
            data,
            config: Config::default(),
            clock: Arc::new(SystemClock),
            environment: None,
            embedded: jackfield_embedded::SHIPPED.iter().map(|bytes| Cow::Borrowed(*bytes)).collect(),
            watch: true,
            work: Work::All,
            lease: None,
            apart: None,
        }
    }

    /// Sets the configuration; the default where not called.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Sets the clock; the machine's where not called.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// What agents may be given some of, instead of this process's own environment.
    #[must_use]
    pub fn environment(mut self, environment: impl IntoIterator<Item = (String, String)>) -> Self {
        let pairs = environment.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.environment = Some(pairs.collect());
        self
    }

    /// Adds a component to the shipped ones; one of the same kind and name takes its place.
    #[must_use]
    pub fn component(mut self, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        self.embedded.push(bytes.into());
        self
    }

    /// Whether the plugin folder is watched; it is, where not called. Without it, what lies in the
    /// folder when the host is opened is what serves.
    #[must_use]
    pub const fn watch(mut self, watch: bool) -> Self {
        self.watch = watch;
        self
    }

    /// What the host does about work that waits; it takes whatever there is, where not called.
    #[must_use]
    pub const fn work(mut self, work: Work) -> Self {
        self.work = work;
        self
    }

    /// Agents live on the lease in this file.
    #[must_use]
    pub fn lease(mut self, file: PathBuf) -> Self {
        self.lease = Some(file);
        self
    }

    /// Has dropped components compiled in a process of their own, under limits of memory and time, so that
    /// none of them can exhaust this one. `program` is the `jackfield` program of this very version; where not
    /// called, they are compiled in this process.
    #[must_use]
    pub fn compile_apart(mut self, program: impl Into<PathBuf>) -> Self {
        self.apart = Some(Arc::new(OwnProcess::new(program.into())));
        self
    }

    /// Opens the host: records, components, worktrees, and what an earlier host left behind. Must be called within
    /// a Tokio runtime; the first host on a machine compiles its components, which takes seconds.
    ///
    /// # Errors
    /// A [`Problem`] where the folder, its records, the plugin folder or the configuration cannot be used.
    pub async fn open(self) -> Result<Host, Problem> {
        let folders = Folders::make(&self.data, self.config.plugins.folder.as_deref()).map_err(|error| {
            Problem::operator(
                ErrorCode::DataFolder,
                format!("the data folder {} cannot be used: {error}", self.data.display()),
                "correct its permissions, or name another data folder",
            )
            .with(Operation::ChooseDataFolder)
        })?;
        let environment = self.environment.unwrap_or_else(host_environment);
        let secrets = Arc::new(Secrets::default());
        secrets.add(jackfield_core::secrets::known(&environment, &self.config, &[]));
        secrets.add(jackfield_core::secrets::own_token(&folders.data));
        let known = Arc::clone(&secrets);
        let options = StoreOptions {
            time_zone: self.config.breaker.time_zone.clone(),
            machine: jackfield_core::instance::machine().to_owned(),
            redact: Redact::new(move |text| known.redactor().record(text)),
            ..StoreOptions::default()
        };
        let store = Store::open(&folders.data, Arc::clone(&self.clock), options)?;
        let observer = receipts::observer(&store);
        let plugins = Plugins::open(Options {
            data: plugin_store(&folders.data),
            drop_folder: folders.drop.clone(),
            embedded: self.embedded.into_iter().map(|bytes| Embedded { bytes }).collect(),
            limits: limits(&self.config.plugins.limits),
            grants: self.config.grants.clone(),
            service: Service {
                lock: Some(folders.data.join("plugins.lock")),
                locked: self.config.plugins.locked,
                lock_use: match self.work {
                    // A worker for another host is not the one that decides here.
                    Work::All if self.lease.is_none() => LockUse::Decide,
                    Work::All | Work::Own => LockUse::Heed,
                    Work::Nothing => LockUse::Look,
                },
                keys: self.config.plugins.keys.clone(),
            },
            failure_modes: FailureModes {
                executor: FailureMode::Fail,
                chooser: self.config.plugins.on_failure.chooser,
                compressor: self.config.plugins.on_failure.compressor,
                judge: self.config.plugins.on_failure.judge,
                gate: self.config.plugins.on_failure.gate,
            },
            chooser: self.config.plugins.chooser.clone(),
            instances: self.config.plugins.instances,
            memory_scan: MemoryScan::Auto,
            memory_bytes: self.config.plugins.memory_mb << 20,
            apart: self.apart,
            strikes: STRIKES,
            slowdown: self.config.plugins.slowdown,
            observer,
            clock: Arc::clone(&self.clock),
        })
        .await?;
        if self.watch {
            plugins.watch()?;
        }
        let worktrees = Worktrees::open(&folders.worktrees)?;
        let inner = Services::assemble(Parts {
            config: self.config,
            folders,
            clock: self.clock,
            store,
            plugins,
            worktrees,
            environment,
            secrets,
            work: self.work,
            lease: self.lease,
            host: jackfield_core::instance::host_instance(),
        });
        // The components say which variables of theirs are secret.
        inner.runs.redaction.learn_secrets();
        let host = Host::new(inner);
        host.begin();
        Ok(host)
    }
}

/// The folder below the data folder that is the components' own.
fn plugin_store(data: &Path) -> PathBuf {
    data.join("plugin-store")
}

/// What the host that serves over a data folder has in service; none where none runs.
///
/// # Errors
/// The process that serves there and does not answer.
pub async fn view_of_server(data: &Path) -> Result<Option<ServerView>, u32> {
    jackfield_plugins::view_of_server(&plugin_store(data)).await
}

/// The generous limits of each kind, with the operator's figures in their place.
pub(super) fn limits(section: &jackfield_config::LimitsSection) -> KindLimits {
    let generous = KindLimits::generous();
    let with = |own: &PluginLimits, limits: Limits| Limits {
        memory_bytes: own.memory_mb.map_or(limits.memory_bytes, |mb| mb << 20),
        cpu: own.cpu_ms.map_or(limits.cpu, Duration::from_millis),
        wall: own.wall_ms.map_or(limits.wall, Duration::from_millis),
        host_calls: own.host_calls.unwrap_or(limits.host_calls),
        host_bytes: own.host_mb.map_or(limits.host_bytes, |mb| mb << 20),
        output_bytes: own.output_kb.map_or(limits.output_bytes, |kb| kb << 10),
        ..limits
    };
    KindLimits {
        executor: with(&section.executor, generous.executor),
        chooser: with(&section.chooser, generous.chooser),
        compressor: with(&section.compressor, generous.compressor),
        judge: with(&section.judge, generous.judge),
        gate: with(&section.gate, generous.gate),
        own: generous.own,
    }
}
