//! Handles: views of the store, one per kind of record. A handle borrows the store and costs nothing to create.

use crate::Store;

macro_rules! handles {
    ($($(#[$doc:meta])* $call:ident: $handle:ident,)*) => {
        $(
            $(#[$doc])*
            #[doc = ""]
            #[doc = concat!("See [`Store::", stringify!($call), "`].")]
            #[derive(Debug, Clone, Copy)]
            pub struct $handle<'s>(pub(crate) &'s Store);
        )*

        impl Store {
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
    /// Runs, with their attempts and events.
    runs: Runs,
    /// Tasks: open, specify, close and read them.
    tasks: Tasks,
    /// Admission of runs and attempts, with the money for them.
    admissions: Admissions,
    /// Attempts: start, events, charges, settlement.
    attempts: Attempts,
    /// The queue: claims, running runs, the backlog.
    queue: Queue,
    /// Workers and their assignments.
    workers: Workers,
    /// Cooldowns of executors.
    cooldowns: Cooldowns,
    /// The ledger: rows, corrections, and the audit of its sums.
    ledger: Ledger,
    /// The breaker: limits, raises and resets.
    breaker: Breaker,
    /// Access tokens.
    tokens: Tokens,
    /// Human tasks and their answers.
    human_tasks: HumanTasks,
    /// Decisions about tasks, and the component calls behind them.
    decisions: Decisions,
    /// Checkpoints of tasks.
    checkpoints: Checkpoints,
    /// Webhooks and their messages.
    webhooks: Webhooks,
    /// Events of the host, and the history of component versions.
    host_log: HostLog,
    /// Statistics of work.
    stats: Stats,
    /// Workspaces.
    workspaces: Workspaces,
    /// Deletion of old rows.
    retention: Retention,
}
