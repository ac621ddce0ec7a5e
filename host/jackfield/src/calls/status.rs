//! Status of the host: executors, queue, money and totals; lookup of workspaces.

use crate::handles::{Status, Workspaces};
use jackfield_api::{AuthStatus, ExecutorStatus, OrchestratorStatus, ProviderLimit};
use jackfield_config::{EffectiveKey, effective_keys, without_secrets};
use jackfield_store::{BreakerState, BreakerStatus, ModelStats, Period, Snapshot, Totals, Workspace};
use jackfield_types::{ErrorCode, Micros, Operation, Problem, Scope};
use std::collections::HashMap;

impl Status<'_> {
    /// Returns the set-up of every executor: installation, version, login, and remedies.
    pub async fn executors(self) -> Vec<AuthStatus> {
        self.0.inner.runs.probes.auth_status().await
    }

    /// Returns the state of the host: queue, executors, money and warnings.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn orchestrator(self) -> Result<OrchestratorStatus, Problem> {
        self.0.caller.require(Scope::Read)?;
        let Snapshot { totals, occupancy, breaker, cooldowns, provider_limits } = self.snapshot().await?;
        let resting: HashMap<_, _> =
            cooldowns.into_iter().map(|cooldown| (cooldown.name, cooldown.until)).collect();
        let names = self.0.inner.plugins.executors().into_iter().map(|info| info.plugin.name);
        let executors = names
            .map(|executor| ExecutorStatus {
                busy: occupancy.executors.get(&executor).copied().unwrap_or(0),
                slots: self.0.inner.settings.executor_section(&executor).slots,
                cooling_until: resting.get(&executor).copied(),
                limits: of_provider(&provider_limits, &executor),
                executor,
            })
            .collect();
        let mut warnings = warnings(&breaker);
        let config = self.0.inner.settings.config();
        let rungs = config.ladder.iter().filter_map(|rung| Some((&rung.name, resting.get(&rung.name)?)));
        warnings.extend(rungs.map(|(rung, until)| format!("the rung '{rung}' rests until {until}")));
        if self.0.inner.runs.shared.shutdown.closed.is_cancelled() {
            warnings.push(format!(
                "this host is being stopped and takes nothing new; {} run(s) are still at work",
                self.0.in_hand()
            ));
        }
        if totals.queued > 0 && !self.0.inner.runs.backlog.somebody_works().await? {
            warnings.push(format!(
                "{} run(s) wait, and {}",
                totals.queued,
                self.0.inner.runs.backlog.nobody_works()
            ));
        }
        let spent =
            breaker.limits.iter().find(|limit| limit.limit.period == Period::Day).map(|limit| limit.spent);
        Ok(OrchestratorStatus {
            version: crate::VERSION.to_owned(),
            queued: u32::try_from(totals.queued).unwrap_or(u32::MAX),
            running: u32::try_from(totals.running).unwrap_or(u32::MAX),
            max_concurrent: jackfield_runs::scheduling::work::most(
                self.0.inner.settings.config().run.max_concurrent,
            ),
            executors,
            breaker: breaker.state.to_string(),
            spent_today_usd: spent.unwrap_or(Micros::ZERO).usd(),
            warnings,
        })
    }

    /// Returns the configuration that is in force, key by key, without its secrets.
    ///
    /// # Errors
    /// A [`Problem`] if the principal lacks the scope `admin`.
    pub async fn configuration(self) -> Result<Vec<EffectiveKey>, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let config = without_secrets(self.0.config().as_ref().clone());
        effective_keys(&config).map_err(|error| {
            Problem::operator(
                ErrorCode::UnwritableConfig,
                format!("failed to write the configuration: {error}"),
                "check the configuration",
            )
            .with(Operation::CheckConfig)
        })
    }

    /// Returns work, money and cooldowns as they are at one moment.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn snapshot(self) -> Result<Snapshot, Problem> {
        self.0.caller.require(Scope::Read)?;
        Ok(self.0.inner.store.stats().snapshot(&self.0.inner.settings.limits(None, None)).await?)
    }

    /// Returns totals over all recorded work.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn totals(self) -> Result<Totals, Problem> {
        self.0.caller.require(Scope::Read)?;
        Ok(self.0.inner.store.stats().totals().await?)
    }

    /// Returns the time of the newest record. It is in the future if the clock was ahead once.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn newest_record(self) -> Result<Option<jackfield_types::Timestamp>, Problem> {
        Ok(self.0.inner.store.stats().newest().await?)
    }

    /// Returns the results of all attempts by executor and model.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn model_stats(self) -> Result<Vec<ModelStats>, Problem> {
        self.0.caller.require(Scope::Read)?;
        Ok(self.0.inner.store.stats().by_model(None, None).await?)
    }
}

impl Workspaces<'_> {
    /// The same for a filter, which may name none.
    pub(crate) async fn filtered(
        self,
        name: Option<&str>,
    ) -> Result<Option<jackfield_types::WorkspaceId>, Problem> {
        match name {
            None => Ok(None),
            Some(name) => self.named(name).await.map(Some),
        }
    }

    /// Returns the id of the workspace with this name, path or id.
    ///
    /// # Errors
    /// A [`Problem`] if no workspace that the principal may see matches.
    pub async fn named(self, name: &str) -> Result<jackfield_types::WorkspaceId, Problem> {
        let known = self.shown().await?;
        let meant = |workspace: &&Workspace| {
            workspace.name == name || workspace.path == name || workspace.id.to_string() == name
        };
        let found = known.iter().find(meant);
        found.map(|workspace| workspace.id).ok_or_else(|| {
            let names: Vec<_> = known.iter().map(|workspace| workspace.name.as_str()).collect();
            Problem::caller(
                ErrorCode::UnknownWorkspace,
                format!("no run was ever in a workspace '{name}'"),
                format!("known: {}", names.join(", ")),
            )
        })
    }

    async fn shown(self) -> Result<Vec<Workspace>, Problem> {
        self.0.caller.require(Scope::Read)?;
        let known = match self.0.caller.restricted_to() {
            Some(principal) => self.0.inner.store.workspaces().of_principal(principal).await,
            None => self.0.inner.store.workspaces().list().await,
        };
        Ok(known?)
    }

    /// Returns the names of every workspace that the principal may see.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn names(self) -> Result<Vec<String>, Problem> {
        let known = self.shown().await?;
        Ok(known.into_iter().map(|workspace| workspace.name).collect())
    }
}

fn of_provider(reported: &[jackfield_store::ProviderLimit], executor: &str) -> Vec<ProviderLimit> {
    let own = reported.iter().filter(|limit| limit.executor == executor);
    own.map(|limit| ProviderLimit {
        name: limit.name.clone(),
        rejected: limit.rejected,
        resets_at: limit.resets_at,
        reported_at: limit.reported_at,
    })
    .collect()
}

fn warnings(breaker: &BreakerStatus) -> Vec<String> {
    let reached = breaker.limits.iter().filter(|limit| limit.state != BreakerState::Closed);
    reached
        .map(|limit| {
            let next = match limit.left > Micros::ZERO {
                true => format!("; {} are left, which is less than the next attempt needs", limit.left),
                false => String::new(),
            };
            format!(
                "the {} limit of {} ({}) is used up by {} spent and {} held for work in flight{next}",
                limit.limit.period.adjective(),
                limit.amount(),
                limit.scope,
                limit.spent,
                limit.reserved
            )
        })
        .collect()
}
