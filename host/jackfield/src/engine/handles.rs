//! Handles: narrow views of a host, one for each area, so that no type has every call. A handle borrows its host and
//! costs nothing to make.

use super::Host;

macro_rules! handle {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy)]
        pub struct $name<'h>(pub(super) &'h Host);
    };
}

handle!(Runs, "Runs: start, follow, end and read them. See [`Host::runs`].");
handle!(Tasks, "Tasks: their specification, their rounds, and why things happened. See [`Host::tasks`].");
handle!(HumanTasks, "To-dos of people, and answers to runs that wait. See [`Host::human_tasks`].");
handle!(Budget, "The ledger and the breaker. See [`Host::budget`].");
handle!(PluginAdmin, "Components: versions, grants, pins, checks. See [`Host::plugins`].");
handle!(Evaluation, "Replays and shadows of components. See [`Host::evaluation`].");
handle!(Status, "Executors, queue, totals. See [`Host::status`].");
handle!(Workspaces, "Workspaces by name or path. See [`Host::workspaces`].");
handle!(Workers, "Workers of the queue, for operators. See [`Host::workers`].");
handle!(
    RemoteWorkers,
    "Workers on other machines: assignments and their results. See [`Host::remote_workers`]."
);
handle!(LeasedRuns, "Runs that this host carries out for another host. See [`Host::leased_runs`].");
handle!(Access, "Tokens, secrets and the audit log. See [`Host::access`].");
handle!(Notifications, "Webhooks and their deliveries. See [`Host::notifications`].");
handle!(Retention, "Pruning and backup. See [`Host::retention`].");
handle!(Events, "The host's own events. See [`Host::events`].");

impl Host {
    /// Runs: start, follow, end and read them.
    pub const fn runs(&self) -> Runs<'_> {
        Runs(self)
    }

    /// Tasks: their specification, their rounds, and why things happened.
    pub const fn tasks(&self) -> Tasks<'_> {
        Tasks(self)
    }

    /// To-dos of people, and answers to runs that wait.
    pub const fn human_tasks(&self) -> HumanTasks<'_> {
        HumanTasks(self)
    }

    /// The ledger and the breaker.
    pub const fn budget(&self) -> Budget<'_> {
        Budget(self)
    }

    /// Components: versions, grants, pins, checks.
    pub const fn plugins(&self) -> PluginAdmin<'_> {
        PluginAdmin(self)
    }

    /// Replays and shadows of components.
    pub const fn evaluation(&self) -> Evaluation<'_> {
        Evaluation(self)
    }

    /// Executors, queue, totals.
    pub const fn status(&self) -> Status<'_> {
        Status(self)
    }

    /// Workspaces by name or path.
    pub const fn workspaces(&self) -> Workspaces<'_> {
        Workspaces(self)
    }

    /// Workers of the queue, for operators.
    pub const fn workers(&self) -> Workers<'_> {
        Workers(self)
    }

    /// Workers on other machines: assignments and their results.
    pub const fn remote_workers(&self) -> RemoteWorkers<'_> {
        RemoteWorkers(self)
    }

    /// Runs that this host carries out for another host.
    pub const fn leased_runs(&self) -> LeasedRuns<'_> {
        LeasedRuns(self)
    }

    /// Tokens, secrets and the audit log.
    pub const fn access(&self) -> Access<'_> {
        Access(self)
    }

    /// Webhooks and their deliveries.
    pub const fn notifications(&self) -> Notifications<'_> {
        Notifications(self)
    }

    /// Pruning and backup.
    pub const fn retention(&self) -> Retention<'_> {
        Retention(self)
    }

    /// The host's own events.
    pub const fn events(&self) -> Events<'_> {
        Events(self)
    }
}
