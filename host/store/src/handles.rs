//! Handles: views of the store, one per kind of record. A handle borrows the store and costs nothing to create.

use crate::life::Fence;
use crate::{Hold, Store};

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
    /// Events of runs.
    logs: Logs,
    /// Tasks: open, specify, close and read them.
    tasks: Tasks,
    /// Admission of runs and attempts, with the money for them.
    admissions: Admissions,
    /// The queue: claims, running runs, the backlog.
    queue: Queue,
    /// Workers and their assignments.
    workers: Workers,
    /// Cooldowns of executors.
    cooldowns: Cooldowns,
    /// The ledger: rows, corrections, and the audit of its sums.
    ledger: Ledger,
    /// What was spent, by day.
    spending: Spending,
    /// The breaker: limits, raises and resets.
    breaker: Breaker,
    /// Access tokens.
    tokens: Tokens,
    /// Logins of browsers: tickets and sessions.
    sessions: Sessions,
    /// Human tasks and their answers.
    human_tasks: HumanTasks,
    /// The board: cards and the runs of their steps.
    cards: Cards,
    /// The board: recipes and settings of workspaces.
    recipes: Recipes,
    /// Skills, and who trusts them.
    skills: Skills,
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

/// Attempts: start, events, charges, settlement.
///
/// See [`Store::attempts`] and [`Store::held`].
#[derive(Debug, Clone, Copy)]
pub struct Attempts<'s> {
    pub(crate) store: &'s Store,
    pub(crate) fence: Fence,
}

impl Store {
    /// Attempts of runs that no worker has claimed: writes about any other run are refused.
    pub const fn attempts(&self) -> Attempts<'_> {
        Attempts { store: self, fence: Fence(None) }
    }

    /// Attempts of the run of a claim. Once another worker has taken the run over, writes are refused with
    /// [`StoreError::NotHeld`](crate::StoreError::NotHeld).
    pub const fn held(&self, hold: Hold) -> Attempts<'_> {
        Attempts { store: self, fence: Fence(Some(hold)) }
    }
}
