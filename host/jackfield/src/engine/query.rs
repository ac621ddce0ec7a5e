//! What is on record, and what an operator may change: thin, typed, the same for every door.

use super::Host;
use jackfield_api::{RunsFilter, bounds};
use jackfield_plugins::{
    CheckReport, ExecutorInfo, FileInspection, Inspection, LevelInfo, PluginStatus, Trial,
};
use jackfield_store::{
    Attempt, BreakerStatus, Corrected, Correction, Event, LedgerFilter, LedgerRow, LimitStatus, ModelStats,
    Period, PluginCall, PluginVersion, Raise, Reset, RunEvent, RunFilter, RunSummary, RunView,
    Scope as Spending, Totals, Workspace,
};
use jackfield_types::{Micros, PluginKind, Problem, RunId, RunState, Scope, TaskId, Timestamp};
use jackfield_workspace::Worktree;
use std::path::{Path, PathBuf};
use std::time::Duration;

impl Host {
    /// Everything about one run.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such run.
    pub async fn run(&self, run: RunId) -> Result<RunView, Problem> {
        self.shown_run(run).await?;
        Ok(self.0.store.run(run).await?)
    }

    /// The state of a run.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such run that the asker may see.
    pub async fn run_state(&self, run: RunId) -> Result<RunState, Problem> {
        Ok(self.run(run).await?.run.state)
    }

    /// The run with this id, or the only one whose id begins so; the last one where `id` is empty.
    ///
    /// # Errors
    /// A [`Problem`] where there is none, or more than one.
    pub async fn find_run(&self, id: &str) -> Result<RunId, Problem> {
        if !id.is_empty() {
            self.may(Scope::Read)?;
            let found = self.0.store.find_run(id, self.only()).await?;
            self.touches(|audited| audited.run = Some(found));
            return Ok(found);
        }
        let last = self.runs(RunsFilter { limit: Some(1), ..RunsFilter::default() }).await?;
        last.first().map(|run| run.run).ok_or_else(|| {
            Problem::caller(
                "no_runs",
                "there is no run yet",
                "start one: jackfield run \"…\", or `jackfield demo`",
            )
        })
    }

    /// Runs, newest first.
    ///
    /// # Errors
    /// A [`Problem`] where the filter names a state or workspace that does not exist.
    pub async fn runs(&self, filter: RunsFilter) -> Result<Vec<RunSummary>, Problem> {
        self.may(Scope::Read)?;
        bounds::check(&filter)?;
        let states = match filter.state.as_deref() {
            None => Vec::new(),
            Some(text) => vec![RunState::parse(text).ok_or_else(|| {
                Problem::caller(
                    "unknown_state",
                    format!("there is no state '{text}'"),
                    "use queued, running, waiting, succeeded, failed or cancelled",
                )
            })?],
        };
        let workspace = match filter.workspace.as_deref() {
            None => None,
            Some(name) => Some(self.workspace_named(name).await?),
        };
        let before = match filter.before.as_deref() {
            None => None,
            Some(id) => Some(id.parse().map_err(|error: jackfield_types::InvalidId| {
                Problem::caller("bad_id", error.to_string(), "give the last id of the page before")
            })?),
        };
        let task = match filter.task_id.as_deref() {
            None => None,
            Some(id) => Some(self.find_task(id).await?),
        };
        let limit = filter.page();
        let principal = self.only().map(str::to_owned);
        let filter = RunFilter { states, workspace, task, principal, before, limit };
        Ok(self.0.store.runs(filter).await?)
    }

    /// The workspace of that name or path.
    ///
    /// # Errors
    /// A [`Problem`] where there is none.
    pub async fn workspace_named(&self, name: &str) -> Result<jackfield_types::WorkspaceId, Problem> {
        let known = self.shown_workspaces().await?;
        let meant = |workspace: &&Workspace| {
            workspace.name == name || workspace.path == name || workspace.id.to_string() == name
        };
        let found = known.iter().find(meant);
        found.map(|workspace| workspace.id).ok_or_else(|| {
            let names: Vec<_> = known.iter().map(|workspace| workspace.name.as_str()).collect();
            Problem::caller(
                "unknown_workspace",
                format!("no run was ever in a workspace '{name}'"),
                format!("known: {}", names.join(", ")),
            )
        })
    }

    async fn shown_workspaces(&self) -> Result<Vec<Workspace>, Problem> {
        self.may(Scope::Read)?;
        let known = match self.only() {
            Some(principal) => self.0.store.workspaces_of(principal).await,
            None => self.0.store.workspaces().await,
        };
        Ok(known?)
    }

    /// The time by the clock of this host.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The configuration as it is now.
    pub fn config(&self) -> std::sync::Arc<jackfield_config::Config> {
        self.0.config()
    }

    /// The names of every workspace that a run was in.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn workspace_names(&self) -> Result<Vec<String>, Problem> {
        let known = self.shown_workspaces().await?;
        Ok(known.into_iter().map(|workspace| workspace.name).collect())
    }

    /// Every executor in service, with the models that it says it has.
    pub fn executors(&self) -> Vec<(String, Vec<String>)> {
        let executors = self.0.plugins.executors().into_iter();
        let models = |info: &ExecutorInfo| {
            info.description.models.iter().map(|model| model.name.clone()).collect::<Vec<_>>()
        };
        executors.map(|info| (info.plugin.name.clone(), models(&info))).collect()
    }

    /// Events of a run after a sequence number, oldest first. Where the first of them are no longer kept, one
    /// event of the kind `events_gone` stands in their place, with the number of the last of them.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such run.
    pub async fn run_events(&self, run: RunId, after: u64, limit: u32) -> Result<Vec<RunEvent>, Problem> {
        self.shown_run(run).await?;
        let page = self.0.store.run_events_kept(run, after, limit).await?;
        let mut events = page.events;
        if events.iter().any(|event| event.attempt.is_some()) {
            self.name_agents(run, &mut events).await?;
        }
        if let Some(last) = page.gone_to {
            let at = match events.first() {
                Some(first) => first.at,
                None => self.run(run).await?.run.ended_at.unwrap_or_else(|| self.0.clock.now()),
            };
            events.insert(0, super::events::gone(last, at));
        }
        Ok(events)
    }

    /// Where several attempts were made, the events of each say whose they are: two agents side by side write into
    /// one log.
    async fn name_agents(&self, run: RunId, events: &mut [RunEvent]) -> Result<(), Problem> {
        let view = self.0.store.run(run).await?;
        for event in events {
            let agent = super::report::agent_of(&view, event);
            if let (Some(agent), Some(fields)) = (agent, event.payload.as_object_mut()) {
                fields.entry("agent").or_insert(agent.into());
            }
        }
        Ok(())
    }

    /// The diff of a run: of the attempt that was chosen, or the last one; empty where it changed nothing.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such run, or its diff is no longer kept.
    pub async fn diff(&self, run: RunId) -> Result<Vec<u8>, Problem> {
        let view = self.run(run).await?;
        let Some(diff) = super::report::diff(&view) else {
            return Ok(Vec::new());
        };
        let made_by = view.attempts.iter().find(|attempt| attempt.id == diff.attempt);
        tokio::fs::read(&diff.target).await.map_err(|error| diff_gone(run, made_by, &error))
    }

    /// Every decision about a task, with the digest that made it and the facts it saw.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such task.
    pub async fn decisions(&self, task: TaskId) -> Result<Vec<PluginCall>, Problem> {
        self.shown_task(task).await?;
        Ok(self.0.store.decisions(task).await?)
    }

    /// Rows of the ledger, oldest first.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn ledger(&self, filter: LedgerFilter) -> Result<Vec<LedgerRow>, Problem> {
        self.may_see_all("the ledger")?;
        Ok(self.0.store.ledger(filter).await?)
    }

    /// How the breaker stands.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn breaker(&self) -> Result<BreakerStatus, Problem> {
        self.may(Scope::Read)?;
        Ok(self.0.store.breaker(&self.0.limits(None, None)).await?)
    }

    /// What happened to the breaker, newest first.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn breaker_history(&self, limit: u32) -> Result<Vec<Event>, Problem> {
        self.may_see_all("the history of the breaker")?;
        Ok(self.0.store.breaker_history(limit.clamp(1, 1_000)).await?)
    }

    /// Lets every limit that is reached begin anew. Recorded, with who and why.
    ///
    /// # Errors
    /// A [`Problem`] where no reason is given.
    pub async fn reset_breaker(&self, reason: &str) -> Result<Vec<LimitStatus>, Problem> {
        self.may(Scope::Admin)?;
        let reset = Reset {
            scope: Spending::All,
            principal: self.principal().to_owned(),
            reason: with_reason(reason)?,
        };
        Ok(self.0.store.reset(reset, &self.0.limits(None, None)).await?)
    }

    /// Allows more until the day ends. Recorded, with who and why.
    ///
    /// # Errors
    /// A [`Problem`] where no reason is given or the amount is not positive.
    pub async fn raise_breaker(&self, by: Micros, reason: &str) -> Result<Vec<LimitStatus>, Problem> {
        self.may(Scope::Admin)?;
        if by <= Micros::ZERO || by > Micros::MOST {
            return Err(Problem::caller(
                "bad_amount",
                format!("failed to raise the limit: the amount {by} is out of bounds"),
                format!("give dollars, more than 0 and at most {}", Micros::MOST),
            ));
        }
        let (principal, reason) = (self.principal().to_owned(), with_reason(reason)?);
        let raise = Raise { scope: Spending::All, period: Period::Day, by, principal, reason };
        Ok(self.0.store.raise(raise, &self.0.limits(None, None)).await?)
    }

    /// Records what a run that has ended really cost, with who and why. It is an entry of the ledger
    /// like any other: what was recorded before stays.
    ///
    /// # Errors
    /// A [`Problem`] where no reason is given, there is no such run, it has not ended, or the amount is
    /// below nothing or more than any run costs.
    pub async fn correct_cost(&self, run: RunId, cost: Micros, reason: &str) -> Result<Corrected, Problem> {
        self.may(Scope::Admin)?;
        self.touches(|audited| audited.run = Some(run));
        if cost != cost.bounded() {
            return Err(Problem::caller(
                "bad_amount",
                format!("the cost {cost} is out of bounds"),
                format!("give dollars, 0 to {}", Micros::MOST),
            ));
        }
        let (principal, reason) = (self.principal().to_owned(), with_reason(reason)?);
        let correction = Correction { run, cost, principal, reason };
        Ok(self.0.store.correct(correction, &self.0.limits(None, None)).await?)
    }

    /// Figures over everything that was ever recorded.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn stats(&self) -> Result<Totals, Problem> {
        self.may(Scope::Read)?;
        Ok(self.0.store.stats().await?)
    }

    /// When the newest of the latest records was made. Later than now, where the clock was ahead once.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn newest_record(&self) -> Result<Option<jackfield_types::Timestamp>, Problem> {
        Ok(self.0.store.newest().await?)
    }

    /// What became of each executor's and model's attempts.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn model_stats(&self) -> Result<Vec<ModelStats>, Problem> {
        self.may(Scope::Read)?;
        Ok(self.0.store.model_stats(None, None).await?)
    }

    /// Takes what was dropped into the plugin folder; what is still being written is waited for, at most so
    /// long. A host that watches the folder does so by itself.
    ///
    /// # Errors
    /// A [`Problem`] where the folder cannot be read.
    pub async fn settle_plugins(&self, patience: Duration) -> Result<(), Problem> {
        self.may(Scope::Admin)?;
        match tokio::time::timeout(patience, self.0.plugins.rescan()).await {
            Ok(settled) => settled.map_err(Problem::from),
            Err(_) => Ok(()),
        }
    }

    /// Every component, in service or not.
    pub fn plugins(&self) -> Vec<PluginStatus> {
        self.0.plugins.list()
    }

    /// Every version of every component that this host has seen.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn plugin_history(&self) -> Result<Vec<PluginVersion>, Problem> {
        self.may(Scope::Read)?;
        Ok(self.0.store.plugin_history().await?)
    }

    /// So many of those versions, last changed first, and how many there are.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn plugin_versions(&self, limit: u32) -> Result<(Vec<PluginVersion>, u64), Problem> {
        self.may(Scope::Read)?;
        Ok(self.0.store.plugin_versions(limit).await?)
    }

    /// Every step that a file would go through if it were dropped; nothing is changed.
    ///
    /// # Errors
    /// A [`Problem`] where the file cannot be read.
    pub async fn check_plugin(&self, file: &Path) -> Result<CheckReport, Problem> {
        self.may(Scope::Admin)?;
        Ok(self.0.plugins.check(file).await?)
    }

    /// Everything about one component.
    ///
    /// # Errors
    /// A [`Problem`] where none of that name is in service.
    pub fn inspect_plugin(&self, kind: Option<PluginKind>, name: &str) -> Result<Inspection, Problem> {
        self.may(Scope::Read)?;
        let mut inspection = self.0.plugins.inspect(kind, name)?;
        // What is shipped is known here; of what was dropped in, its author says it.
        if inspection.status.kind == Some(PluginKind::Executor) && inspection.status.file.is_none() {
            inspection.settings = jackfield_config::settings_of(name);
        }
        Ok(inspection)
    }

    /// What would happen to a file if it were dropped, and what it is made of.
    ///
    /// # Errors
    /// A [`Problem`] where the file cannot be read.
    pub async fn inspect_plugin_file(&self, file: &Path) -> Result<FileInspection, Problem> {
        self.may(Scope::Admin)?;
        Ok(self.0.plugins.inspect_file(file).await?)
    }

    /// A component to ask on the side: a file, which need not be in service, or what serves under a name.
    ///
    /// # Errors
    /// A [`Problem`] where it is not sound, or none of that name is in service.
    pub async fn try_plugin(&self, kind: Option<PluginKind>, what: &str) -> Result<Trial, Problem> {
        self.may(Scope::Admin)?;
        let plugins = &self.0.plugins;
        let trial = match plugin_file(what) {
            Some(file) => plugins.try_file(file).await,
            None => plugins.try_served(kind, what).await,
        };
        Ok(trial?)
    }

    /// The verbosities on offer.
    pub fn levels(&self) -> Vec<LevelInfo> {
        self.0.plugins.levels()
    }

    /// Looks at the plugin folder now, rather than when its next change is noticed.
    ///
    /// # Errors
    /// A [`Problem`] where the folder cannot be read.
    pub async fn rescan_plugins(&self) -> Result<(), Problem> {
        self.may(Scope::Admin)?;
        Ok(self.0.plugins.rescan().await?)
    }

    /// Where components are dropped in.
    pub fn plugin_folder(&self) -> PathBuf {
        self.0.folders.drop.clone()
    }

    /// Where this host keeps its things.
    pub fn data_folder(&self) -> PathBuf {
        self.0.folders.data.clone()
    }
}

fn diff_gone(run: RunId, made_by: Option<&Attempt>, error: &std::io::Error) -> Problem {
    let message = match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("the diff of run {run} is no longer kept (`[keep]` says for how long)")
        }
        _ => format!("the diff of run {run} cannot be read: {error}"),
    };
    let worktree: Option<Worktree> =
        made_by.and_then(|attempt| serde_json::from_str(attempt.worktree.as_deref()?).ok());
    let remedy = worktree.map_or_else(
        || "what it changed is on its branch, which `jackfield runs RUN --json` names".to_owned(),
        |made| {
            let repository = made.repository.display();
            format!(
                "what it changed is on its branch: git --git-dir '{repository}' diff {} {}",
                made.base.short(),
                made.branch
            )
        },
    );
    Problem::operator("diff_gone", message, remedy)
}

pub(super) fn with_reason(reason: &str) -> Result<String, Problem> {
    if reason.trim().is_empty() {
        return Err(Problem::caller(
            "no_reason",
            "no reason is given",
            "say why: it is kept with the change, for whoever looks at the bill",
        ));
    }
    bounds::check_text("reason", reason)?;
    Ok(reason.to_owned())
}

/// A component is meant by its file or by its name, and a name has no dots and no slashes.
pub fn plugin_file(what: &str) -> Option<&Path> {
    let file = Path::new(what);
    (what.contains(['/', '.']) || file.is_file()).then_some(file)
}
