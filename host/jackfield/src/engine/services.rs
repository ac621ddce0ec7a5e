//! The composition of a host: every service, with the parts and the services that it uses. A service is built after
//! those it uses, so there is no circle.

use super::admit::Admissions;
use super::advance::Escalation;
use super::attempt::Attempts;
use super::audit::AuditLog;
use super::backlog::Backlog;
use super::cancel::Cancellation;
use super::check::Checks;
use super::choose::Selection;
use super::cooldown::Cooldowns;
use super::folders::Folders;
use super::gates::Gates;
use super::health::HealthProbes;
use super::health_cache::HealthCache;
use super::leased_runs::Assignments;
use super::loader::RunLoader;
use super::local_worker::LocalWorker;
use super::models::Models;
use super::order::Orders;
use super::output_reader::Outputs;
use super::place::Places;
use super::plans::AttemptPlans;
use super::processes::Processes;
use super::quality::QualityIssues;
use super::reconfigure::Reconfiguration;
use super::recover::Recovery;
use super::remote_workers::RemoteRounds;
use super::retention::Pruner;
use super::rounds::Rounds;
use super::running::RunsInHand;
use super::secrets::Redaction;
use super::settings::Settings;
use super::shadow::ShadowCalls;
use super::shutdown::Shutdown;
use super::token_uses::Uses;
use super::work::Work;
use super::worker::Queue;
use arc_swap::ArcSwap;
use jackfield_config::Config;
use jackfield_plugins::Plugins;
use jackfield_process::Environment;
use jackfield_redact::Secrets;
use jackfield_store::Store;
use jackfield_types::{Clock, WorkerId};
use jackfield_workspace::Worktrees;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Makes a service from parts of the base, services below it, and state of its own.
macro_rules! service {
    ($service:ident, $base:ident: $($part:ident),*; $($below:ident),* $(; own: $($own:ident),*)?) => {
        Arc::new($service {
            $($part: $base.$part.clone(),)*
            $($below: Arc::clone(&$below),)*
            $($($own: Default::default(),)*)?
        })
    };
}

/// The services that the handles call. Nothing is global: hosts in one process share nothing.
pub(crate) struct Services {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) folders: Arc<Folders>,
    pub(crate) store: Store,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) environment: Arc<Environment>,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) running: Arc<RunsInHand>,
    pub(crate) work: Work,
    pub(crate) worker: WorkerId,
    pub(crate) uses: Uses,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) shutdown: Arc<Shutdown>,
    pub(crate) wake: Arc<Notify>,
    pub(crate) host: String,
    pub(crate) settings: Arc<Settings>,
    pub(crate) redaction: Arc<Redaction>,
    pub(crate) places: Arc<Places>,
    pub(crate) orders: Arc<Orders>,
    pub(crate) selection: Arc<Selection>,
    pub(crate) probes: Arc<HealthProbes>,
    pub(crate) cooldowns: Arc<Cooldowns>,
    pub(crate) plans: Arc<AttemptPlans>,
    pub(crate) admissions: Arc<Admissions>,
    pub(crate) backlog: Arc<Backlog>,
    pub(crate) recovery: Arc<Recovery>,
    pub(crate) assignments: Arc<Assignments>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) remote: Arc<RemoteRounds>,
    pub(crate) audit_log: Arc<AuditLog>,
    pub(crate) pruner: Arc<Pruner>,
    pub(crate) reconfiguration: Arc<Reconfiguration>,
    pub(crate) cancellation: Arc<Cancellation>,
    pub(crate) shadow_calls: Arc<ShadowCalls>,
}

/// The parts that a host is opened with.
pub(super) struct Parts {
    pub(super) config: Config,
    pub(super) folders: Folders,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: Store,
    pub(super) plugins: Arc<Plugins>,
    pub(super) worktrees: Worktrees,
    pub(super) environment: Environment,
    pub(super) secrets: Arc<Secrets>,
    pub(super) work: Work,
    pub(super) lease: Option<PathBuf>,
    /// The identity of this process, for recovery.
    pub(super) host: String,
}

/// The parts that services share. Clones are the same parts.
struct Base {
    folders: Arc<Folders>,
    clock: Arc<dyn Clock>,
    store: Store,
    plugins: Arc<Plugins>,
    worktrees: Worktrees,
    /// The host's environment at the time of opening.
    environment: Arc<Environment>,
    health: Arc<HealthCache>,
    /// Removed from every text that is recorded, sent or shown.
    secrets: Arc<Secrets>,
    /// The runs that this host executes.
    running: Arc<RunsInHand>,
    /// The queued work that this host executes.
    work: Work,
    worker: WorkerId,
    /// Notified when a run is queued or a slot is free.
    wake: Arc<Notify>,
    tasks: TaskTracker,
    /// Cancelled to end the background tasks.
    stop: CancellationToken,
    shutdown: Arc<Shutdown>,
    /// The lease file of the agents of a host that another host could declare lost.
    lease: Option<PathBuf>,
    /// Which process this is, for recovery.
    host: String,
}

impl Services {
    /// Builds every service.
    pub(super) fn assemble(parts: Parts) -> Self {
        let base = Base {
            folders: Arc::new(parts.folders),
            clock: parts.clock,
            store: parts.store,
            plugins: parts.plugins,
            worktrees: parts.worktrees,
            environment: Arc::new(parts.environment),
            health: Arc::default(),
            secrets: parts.secrets,
            running: Arc::default(),
            work: parts.work,
            worker: WorkerId::new(),
            wake: Arc::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            shutdown: Arc::default(),
            lease: parts.lease,
            host: parts.host,
        };
        let settings = Arc::new(Settings { config: ArcSwap::from_pointee(parts.config) });
        let redaction = service!(Redaction, base: folders, plugins, environment, secrets; settings);
        let places = service!(Places, base: store; settings);
        let gates = service!(Gates, base: clock, store, plugins; settings, redaction);
        let orders = service!(Orders, base: store, plugins; settings, places, gates);
        let models = service!(Models, base: plugins; settings);
        let cooldowns = service!(Cooldowns, base: clock, store, health;);
        let backlog = service!(Backlog, base: clock, store, work; settings);
        let probes = service!(
            HealthProbes, base: folders, clock, plugins, environment, health;
            settings, redaction, backlog
        );
        let quality = service!(QualityIssues, base: store, plugins;);
        let selection =
            service!(Selection, base: clock, store, plugins; settings, models, probes, cooldowns, quality);
        let processes = service!(Processes, base: work, lease; settings; own: launcher);
        let checks = service!(
            Checks, base: store, worktrees, environment, lease;
            settings, redaction, gates, processes
        );
        let outputs = service!(Outputs, base: clock, store; settings, cooldowns, processes);
        let attempts = service!(
            Attempts, base: folders, clock, store, plugins, worktrees, environment, lease;
            settings, redaction, places, processes, checks, outputs
        );
        let plans = service!(AttemptPlans, base: clock, plugins, host; settings);
        let escalation =
            service!(Escalation, base: clock, plugins; settings, redaction, models, selection, plans);
        let shadow_calls =
            service!(ShadowCalls, base: folders, store, plugins, tasks, stop; settings; own: shadows);
        let admissions = service!(
            Admissions, base: store, work, wake, tasks, shutdown, host;
            settings, places, orders, selection, probes, plans, backlog, shadow_calls
        );
        let loader = service!(RunLoader, base: work, stop, shutdown, host; settings, orders);
        let rounds = service!(
            Rounds, base: clock, store, plugins, running, wake, tasks, stop, shutdown;
            settings, redaction, places, models, probes, cooldowns, attempts, plans, escalation, loader, shadow_calls
        );
        let local =
            service!(LocalWorker, base: clock, store, plugins, work, worker, stop, shutdown, host; settings);
        let recovery = service!(
            Recovery, base: store, worktrees, work, worker, wake, shutdown, host;
            settings, rounds, local; own: repaired
        );
        let assignments =
            service!(Assignments, base: store, plugins, host; settings, orders, probes, admissions);
        let queue = service!(
            Queue, base: store, running, work, worker, wake, tasks, stop, shutdown, host;
            settings, rounds, local, backlog, recovery, assignments
        );
        let remote = service!(
            RemoteRounds, base: folders, clock, store, running, wake;
            settings, redaction, places, orders, cooldowns, escalation, rounds, loader, backlog
        );
        let audit_log = service!(AuditLog, base: folders; redaction; own: audit);
        let pruner = service!(Pruner, base: folders, clock, store, worktrees, stop; settings, audit_log);
        let reconfiguration =
            service!(Reconfiguration, base: store, plugins, health, work, wake; settings, redaction, local);
        let cancellation = service!(Cancellation, base: store, running; settings, rounds);
        Self {
            uses: Uses::default(),
            clock: base.clock,
            folders: base.folders,
            store: base.store,
            plugins: base.plugins,
            environment: base.environment,
            secrets: base.secrets,
            running: base.running,
            work: base.work,
            worker: base.worker,
            tasks: base.tasks,
            stop: base.stop,
            shutdown: base.shutdown,
            wake: base.wake,
            host: base.host,
            settings,
            redaction,
            places,
            orders,
            selection,
            probes,
            cooldowns,
            plans,
            admissions,
            backlog,
            recovery,
            assignments,
            queue,
            remote,
            audit_log,
            pruner,
            reconfiguration,
            cancellation,
            shadow_calls,
        }
    }
}
