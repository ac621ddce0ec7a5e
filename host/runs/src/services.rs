//! The composition of a host: every service, with the parts and the services that it uses. A service is built after
//! those it uses, so there is no circle.

use crate::admission::admit::Admissions;
use crate::admission::order::Orders;
use crate::admission::place::Places;
use crate::admission::plans::AttemptPlans;
use crate::escalation::advance::Escalation;
use crate::execution::attempt::Attempts;
use crate::execution::loader::RunLoader;
use crate::execution::output_reader::Outputs;
use crate::execution::processes::Processes;
use crate::execution::rounds::Rounds;
use crate::execution::running::RunsInHand;
use crate::scheduling::backlog::Backlog;
use crate::scheduling::cancel::Cancellation;
use crate::scheduling::local_worker::LocalWorker;
use crate::scheduling::recover::Recovery;
use crate::scheduling::shutdown::Shutdown;
use crate::scheduling::work::Work;
use crate::scheduling::worker::Queue;
use crate::selection::choose::Selection;
use crate::selection::cooldown::Cooldowns;
use crate::selection::health::HealthProbes;
use crate::selection::health_cache::HealthCache;
use crate::selection::models::Models;
use crate::selection::quality::QualityIssues;
use crate::verification::check::Checks;
use crate::verification::gates::Gates;
use jackfield_config::Config;
use jackfield_core::folders::Folders;
use jackfield_core::secrets::Redaction;
use jackfield_core::settings::Settings;
use jackfield_plugins::Plugins;
use jackfield_process::Environment;
use jackfield_redact::Secrets;
use jackfield_replay::shadow::ShadowCalls;
use jackfield_store::Store;
use jackfield_types::{Clock, WorkerId};
use jackfield_workspace::Worktrees;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Makes a service from shared parts, services below it, and state of its own.
macro_rules! service {
    ($service:ident, $shared:ident: $($part:ident),*; $($below:ident),* $(; own: $($own:ident),*)?) => {
        Arc::new($service {
            $($part: $shared.$part.clone(),)*
            $($below: Arc::clone(&$below),)*
            $($($own: Default::default(),)*)?
        })
    };
}

/// The services of the life of a run. Nothing is global: hosts in one process share nothing.
pub struct Services {
    /// The parts that they share.
    pub shared: Shared,
    /// The configuration in force.
    pub settings: Arc<Settings>,
    /// Removes secrets from texts.
    pub redaction: Arc<Redaction>,
    /// Resolves workspaces.
    pub places: Arc<Places>,
    /// Resolves requests.
    pub orders: Arc<Orders>,
    /// Open quality issues.
    pub quality: Arc<QualityIssues>,
    /// Chooses executors and models.
    pub selection: Arc<Selection>,
    /// Finds out which programs are installed and logged in.
    pub probes: Arc<HealthProbes>,
    /// Executors and rungs that rest.
    pub cooldowns: Arc<Cooldowns>,
    /// Plans and prices attempts.
    pub plans: Arc<AttemptPlans>,
    /// Decides what follows a round.
    pub escalation: Arc<Escalation>,
    /// Calls shadows of components.
    pub shadow_calls: Arc<ShadowCalls>,
    /// Puts requests into the queue.
    pub admissions: Arc<Admissions>,
    /// The queue as callers see it.
    pub backlog: Arc<Backlog>,
    /// Loads runs from their records.
    pub loader: Arc<RunLoader>,
    /// Executes rounds.
    pub rounds: Arc<Rounds>,
    /// This host as a worker of the queue.
    pub local: Arc<LocalWorker>,
    /// Takes over from workers that are lost.
    pub recovery: Arc<Recovery>,
    /// Claims queued runs.
    pub queue: Arc<Queue>,
    /// Ends runs.
    pub cancellation: Arc<Cancellation>,
}

/// The parts that services share.
pub struct Shared {
    /// The data folder and the folders in it.
    pub folders: Arc<Folders>,
    /// The clock of the host.
    pub clock: Arc<dyn Clock>,
    /// The records.
    pub store: Store,
    /// The components.
    pub plugins: Arc<Plugins>,
    /// The worktrees of attempts.
    pub worktrees: Worktrees,
    /// The environment of the host at the time of opening.
    pub environment: Arc<Environment>,
    /// The last health of each executor.
    pub health: Arc<HealthCache>,
    /// The values that are removed from every text.
    pub secrets: Arc<Secrets>,
    /// The runs that this host executes.
    pub running: Arc<RunsInHand>,
    /// The queued work that this host executes.
    pub work: Work,
    /// The id of this host as a worker of the queue.
    pub worker: WorkerId,
    /// Notified when a run is queued or a slot is free.
    pub wake: Arc<Notify>,
    /// The background tasks of the host.
    pub tasks: TaskTracker,
    /// Cancelled to end the background tasks.
    pub stop: CancellationToken,
    /// The stages of the shutdown.
    pub shutdown: Arc<Shutdown>,
    /// The identity of this process, for recovery.
    pub host: String,
    /// The lease file of the agents of a host that another host could declare lost.
    lease: Option<PathBuf>,
}

/// The parts that a host is opened with.
pub struct Parts {
    /// The configuration to begin with.
    pub config: Config,
    /// The data folder and the folders in it.
    pub folders: Folders,
    /// The clock of the host.
    pub clock: Arc<dyn Clock>,
    /// The records.
    pub store: Store,
    /// The components.
    pub plugins: Arc<Plugins>,
    /// The worktrees of attempts.
    pub worktrees: Worktrees,
    /// The environment of which agents may get a part.
    pub environment: Environment,
    /// The values that are removed from every text.
    pub secrets: Arc<Secrets>,
    /// The queued work that this host executes.
    pub work: Work,
    /// The lease file of the agents of a host that another host could declare lost.
    pub lease: Option<PathBuf>,
    /// The identity of this process, for recovery.
    pub host: String,
}

impl Services {
    /// Builds every service.
    pub fn assemble(parts: Parts) -> Self {
        let shared = Shared {
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
        let settings = Arc::new(Settings::new(parts.config));
        let redaction = Arc::new(Redaction::new(
            Arc::clone(&shared.folders),
            Arc::clone(&shared.plugins),
            Arc::clone(&shared.environment),
            Arc::clone(&shared.secrets),
            Arc::clone(&settings),
        ));
        let places = service!(Places, shared: store; settings);
        let gates = service!(Gates, shared: clock, store, plugins, stop; settings, redaction);
        let orders = service!(Orders, shared: store, plugins; settings, places, gates);
        let models = service!(Models, shared: plugins; settings);
        let cooldowns = service!(Cooldowns, shared: clock, store, health;);
        let backlog = service!(Backlog, shared: clock, store, work; settings);
        let probes = service!(
            HealthProbes, shared: folders, clock, plugins, environment, health;
            settings, redaction, backlog
        );
        let quality = service!(QualityIssues, shared: store, plugins;);
        let selection =
            service!(Selection, shared: clock, store, plugins; settings, models, probes, cooldowns, quality);
        let processes = service!(Processes, shared: work, lease; settings; own: launcher);
        let checks = service!(
            Checks, shared: store, worktrees, environment, lease;
            settings, redaction, gates, processes
        );
        let outputs = service!(Outputs, shared: clock, store, stop; settings, cooldowns, processes);
        let attempts = service!(
            Attempts, shared: folders, clock, store, plugins, worktrees, environment, lease;
            settings, redaction, places, processes, checks, outputs
        );
        let plans = service!(AttemptPlans, shared: clock, plugins, host; settings);
        let escalation =
            service!(Escalation, shared: clock, plugins; settings, redaction, models, selection, plans);
        let shadow_calls = Arc::new(ShadowCalls::new(
            Arc::clone(&shared.folders),
            shared.store.clone(),
            Arc::clone(&shared.plugins),
            shared.tasks.clone(),
            shared.stop.clone(),
            Arc::clone(&settings),
        ));
        let admissions = service!(
            Admissions, shared: store, work, wake, tasks, shutdown, host;
            settings, places, orders, selection, probes, plans, backlog, shadow_calls
        );
        let loader = service!(RunLoader, shared: work, stop, shutdown, host; settings, orders);
        let rounds = service!(
            Rounds, shared: clock, store, plugins, running, wake, tasks, stop, shutdown;
            settings, redaction, places, models, probes, cooldowns, attempts, plans, escalation, loader, shadow_calls
        );
        let local = service!(LocalWorker, shared: clock, store, plugins, work, worker, stop, shutdown, host; settings);
        let recovery = service!(
            Recovery, shared: store, worktrees, work, worker, wake, shutdown, host;
            rounds, local; own: repaired
        );
        let queue = service!(
            Queue, shared: store, running, work, worker, wake, tasks, stop, shutdown, host;
            settings, probes, rounds, local, backlog, recovery
        );
        let cancellation = service!(Cancellation, shared: store, running; settings, rounds);
        Self {
            shared,
            settings,
            redaction,
            places,
            orders,
            quality,
            selection,
            probes,
            cooldowns,
            plans,
            escalation,
            shadow_calls,
            admissions,
            backlog,
            loader,
            rounds,
            local,
            recovery,
            queue,
            cancellation,
        }
    }
}
