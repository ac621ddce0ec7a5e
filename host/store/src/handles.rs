//! Handles: narrow views of the store, one for each kind of record, so that no type has every statement. A handle
//! borrows the store and costs nothing to make.

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
    /// Life of attempts: started, heard, charged, settled.
    attempts: Attempts,
    /// Queue: claims, runs in hand, the backlog.
    queue: Queue,
    /// Workers, and what was assigned to them.
    workers: Workers,
    /// Cooldowns of executors.
    cooldowns: Cooldowns,
    /// Ledger: its rows, corrections, and the audit of its sums.
    ledger: Ledger,
    /// Breaker: its limits, raises and resets.
    breaker: Breaker,
    /// Access tokens.
    tokens: Tokens,
    /// Human tasks and their answers.
    human_tasks: HumanTasks,
    /// Decisions about tasks, and the calls of components that they were made from.
    decisions: Decisions,
    /// Checkpoints of tasks.
    checkpoints: Checkpoints,
    /// Webhooks and their messages.
    webhooks: Webhooks,
    /// Events of the host, and the history of its components.
    host_log: HostLog,
    /// Figures about work.
    stats: Stats,
    /// Workspaces.
    workspaces: Workspaces,
    /// What may be removed by age.
    retention: Retention,
}
