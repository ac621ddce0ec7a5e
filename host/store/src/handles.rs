//! Handles: narrow views of the store, one for each kind of record, so that no type has every statement. A handle
//! borrows the store and costs nothing to make.

use crate::Store;

macro_rules! handle {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Clone, Copy)]
        pub struct $name<'s>(pub(crate) &'s Store);
    };
}

handle!(Runs, "Runs, with their attempts and events. See [`Store::runs`].");
handle!(Tasks, "Tasks: open, specify, close and read them. See [`Store::tasks`].");
handle!(Admissions, "Admission of runs and attempts, with the money for them. See [`Store::admissions`].");
handle!(Attempts, "Life of attempts: started, heard, charged, settled. See [`Store::attempts`].");
handle!(Queue, "Queue: claims, runs in hand, the backlog. See [`Store::queue`].");
handle!(Workers, "Workers, and what was assigned to them. See [`Store::workers`].");
handle!(Cooldowns, "Cooldowns of executors. See [`Store::cooldowns`].");
handle!(Ledger, "Ledger: its rows, corrections, and the audit of its sums. See [`Store::ledger`].");
handle!(Breaker, "Breaker: its limits, raises and resets. See [`Store::breaker`].");
handle!(Tokens, "Access tokens. See [`Store::tokens`].");
handle!(HumanTasks, "Human tasks and their answers. See [`Store::human_tasks`].");
handle!(
    Decisions,
    "Decisions about tasks, and the calls of components that they were made from. See [`Store::decisions`]."
);
handle!(Checkpoints, "Checkpoints of tasks. See [`Store::checkpoints`].");
handle!(Webhooks, "Webhooks and their messages. See [`Store::webhooks`].");
handle!(HostLog, "Events of the host, and the history of its components. See [`Store::host_log`].");
handle!(Stats, "Figures about work. See [`Store::stats`].");
handle!(Workspaces, "Workspaces. See [`Store::workspaces`].");
handle!(Retention, "What may be removed by age. See [`Store::retention`].");

impl Store {
    /// Runs, with their attempts and events.
    pub const fn runs(&self) -> Runs<'_> {
        Runs(self)
    }

    /// Tasks: open, specify, close and read them.
    pub const fn tasks(&self) -> Tasks<'_> {
        Tasks(self)
    }

    /// Admission of runs and attempts, with the money for them.
    pub const fn admissions(&self) -> Admissions<'_> {
        Admissions(self)
    }

    /// Life of attempts: started, heard, charged, settled.
    pub const fn attempts(&self) -> Attempts<'_> {
        Attempts(self)
    }

    /// Queue: claims, runs in hand, the backlog.
    pub const fn queue(&self) -> Queue<'_> {
        Queue(self)
    }

    /// Workers, and what was assigned to them.
    pub const fn workers(&self) -> Workers<'_> {
        Workers(self)
    }

    /// Cooldowns of executors.
    pub const fn cooldowns(&self) -> Cooldowns<'_> {
        Cooldowns(self)
    }

    /// Ledger: its rows, corrections, and the audit of its sums.
    pub const fn ledger(&self) -> Ledger<'_> {
        Ledger(self)
    }

    /// Breaker: its limits, raises and resets.
    pub const fn breaker(&self) -> Breaker<'_> {
        Breaker(self)
    }

    /// Access tokens.
    pub const fn tokens(&self) -> Tokens<'_> {
        Tokens(self)
    }

    /// Human tasks and their answers.
    pub const fn human_tasks(&self) -> HumanTasks<'_> {
        HumanTasks(self)
    }

    /// Decisions about tasks, and the calls of components that they were made from.
    pub const fn decisions(&self) -> Decisions<'_> {
        Decisions(self)
    }

    /// Checkpoints of tasks.
    pub const fn checkpoints(&self) -> Checkpoints<'_> {
        Checkpoints(self)
    }

    /// Webhooks and their messages.
    pub const fn webhooks(&self) -> Webhooks<'_> {
        Webhooks(self)
    }

    /// Events of the host, and the history of its components.
    pub const fn host_log(&self) -> HostLog<'_> {
        HostLog(self)
    }

    /// Figures about work.
    pub const fn stats(&self) -> Stats<'_> {
        Stats(self)
    }

    /// Workspaces.
    pub const fn workspaces(&self) -> Workspaces<'_> {
        Workspaces(self)
    }

    /// What may be removed by age.
    pub const fn retention(&self) -> Retention<'_> {
        Retention(self)
    }
}
