//! Handles: views of a host, one per area. A handle borrows its host and costs nothing to create.

use crate::host::Host;

macro_rules! handles {
    ($($(#[$doc:meta])* $call:ident: $handle:ident,)*) => {
        $(
            $(#[$doc])*
            #[doc = ""]
            #[doc = concat!("See [`Host::", stringify!($call), "`].")]
            #[derive(Clone, Copy)]
            pub struct $handle<'h>(pub(super) &'h Host);
        )*

        impl Host {
            $(
                $(#[$doc])*
                pub const fn $call(&self) -> $handle<'_> {
                    $handle(self)
                }
            )*
        }
    };
}

handles! {
    /// Runs: start, follow, end and read them.
    runs: Runs,
    /// What runs left: events, diffs, changed files, raw output.
    output: Output,
    /// Tasks: their specification, their rounds, and why things happened.
    tasks: Tasks,
    /// To-dos of people, and answers to runs that wait.
    human_tasks: HumanTasks,
    /// The ledger and the breaker.
    budget: Budget,
    /// Components: versions, grants, pins, checks.
    plugins: PluginAdmin,
    /// Replays and shadows of components.
    evaluation: Evaluation,
    /// Executors, queue, totals.
    status: Status,
    /// Workspaces by name or path.
    workspaces: Workspaces,
    /// Workers of the queue, for operators.
    workers: Workers,
    /// Workers on other machines: assignments and their results.
    remote_workers: RemoteWorkers,
    /// Runs that this host carries out for another host.
    leased_runs: LeasedRuns,
    /// Tokens, secrets and the audit log.
    access: Access,
    /// Logins of browsers.
    sessions: Sessions,
    /// Webhooks and their deliveries.
    notifications: Notifications,
    /// Pruning and backup.
    retention: Retention,
    /// The host's own events.
    events: Events,
}

#[cfg(feature = "board")]
handles! {
    /// The board: cards, recipes, settings.
    board: Board,
    /// Skills: lists, trust, folders.
    skills: Skills,
}
