//! Who does it: the executor that was asked for, or the chooser's pick with its reason.

use crate::admission::resolved_request::Order;
use crate::records::decisions::decision;
use crate::selection::cooldown::Cooldowns;
use crate::selection::health::HealthProbes;
use crate::selection::history::History;
use crate::selection::ladder;
use crate::selection::models::{Models, Named, suggestion};
use crate::selection::quality::{QualityIssue, QualityIssues};
use jackfield_core::moment::milliseconds;
use jackfield_core::settings::Settings;
use jackfield_plugins::facts::{choosing, driving, types};
use jackfield_plugins::{ExecutorInfo, Plugins, shown};
use jackfield_store::{BreakerState, BreakerStatus, NewPluginCall, Period, Refusal, Store};
use jackfield_types::{Clock, Effort, ErrorCode, Micros, Operation, PluginRef, Problem, Timestamp};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

/// Who does it, and why.
#[derive(Debug)]
pub struct Pick {
    /// The executor.
    pub executor: ExecutorInfo,
    /// The rung of the ladder that it stands on.
    pub rung: Option<String>,
    /// The model; the executor's default if `None`.
    pub model: Option<String>,
    /// The effort; the executor's default if `None`.
    pub effort: Option<Effort>,
    /// The reason.
    pub reason: String,
    /// The component that chose; `None` if the request named the executor.
    pub chosen_by: Option<PluginRef>,
    /// The decision, to be recorded with the admission.
    pub calls: Vec<NewPluginCall>,
}

/// What a chooser said of a task.
pub(crate) struct Ranked {
    pub(crate) candidates: Vec<choosing::Candidate>,
    /// Best first.
    pub(crate) picks: Vec<Pick>,
    /// Quality issues that it was told of.
    pub(crate) issues: Vec<QualityIssue>,
    pub(crate) chooser: PluginRef,
}

/// Picks executor and model: by request, by chooser, by health and money.
pub struct Selection {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) models: Arc<Models>,
    pub(crate) probes: Arc<HealthProbes>,
    pub(crate) quality: Arc<QualityIssues>,
    pub(crate) cooldowns: Arc<Cooldowns>,
}

impl Selection {
    pub(crate) async fn pick(&self, order: &Order) -> Result<Pick, Problem> {
        match &order.request.executor {
            Some(name) => self.asked_for(name, order),
            None => self.ask_chooser(order).await,
        }
    }

    /// The executor in service under this name, if the operator has it on.
    fn executor(&self, name: &str) -> Result<ExecutorInfo, Problem> {
        let serving = self.plugins.executors();
        let enabled = |info: &&ExecutorInfo| self.settings.executor_section(&info.plugin.name).enabled;
        if let Some(info) = serving.iter().filter(enabled).find(|info| info.plugin.name == name) {
            return Ok(info.clone());
        }
        let known: Vec<_> = serving.iter().filter(enabled).map(|info| info.plugin.name.as_str()).collect();
        let off = serving.iter().any(|info| info.plugin.name == name);
        let what = if off { "is switched off in jackfield.toml" } else { "does not exist" };
        Err(Problem::caller(
            ErrorCode::UnknownExecutor,
            format!("the executor '{name}' {what}"),
            format!("use one of: {}; or leave it out and the chooser picks", known.join(", ")),
        ))
    }

    /// An executor or a rung of the ladder, by its name.
    pub fn asked_for(&self, name: &str, order: &Order) -> Result<Pick, Problem> {
        self.asked_for_with(name, order.request.model.as_deref(), order)
    }

    /// The same with a model, or its usual one.
    pub fn asked_for_with(&self, name: &str, model: Option<&str>, order: &Order) -> Result<Pick, Problem> {
        let config = self.settings.config();
        let rung = config.ladder.iter().find(|rung| rung.name == name);
        let executor = self.executor(rung.map_or(name, |rung| &rung.executor))?;
        let Named { model, note } = self.models.model_for(&executor, rung, model, order)?;
        let note = note.map(|note| format!("; {note}")).unwrap_or_default();
        Ok(Pick {
            executor,
            rung: rung.map(|rung| rung.name.clone()),
            model,
            effort: order.request.effort,
            reason: format!("requested by the caller{note}"),
            chosen_by: None,
            calls: Vec::new(),
        })
    }

    async fn ask_chooser(&self, order: &Order) -> Result<Pick, Problem> {
        let (picks, _) = self.picks(order).await?;
        picks.into_iter().next().ok_or_else(|| nobody(&[], None))
    }

    /// Why there are not so many executors for it: money, where the chooser would have them if there were
    /// more of it; else what is wrong with each.
    pub(crate) async fn why_nobody(
        &self,
        order: &Order,
        candidates: &[choosing::Candidate],
        chooser: &PluginRef,
        needed: usize,
    ) -> Problem {
        match self.refused_for_money(order, candidates, needed).await {
            Ok(Some(refusal)) => refusal.problem(),
            Ok(None) => self.nobody(candidates, chooser),
            Err(problem) => problem,
        }
    }

    async fn refused_for_money(
        &self,
        order: &Order,
        candidates: &[choosing::Candidate],
        needed: usize,
    ) -> Result<Option<Refusal>, Problem> {
        let now = self.clock.now();
        let (task, _) = self.task_facts(order, now).await?;
        let unlimited = choosing::Budget {
            state: types::BreakerState::Closed,
            day_left: None,
            month_left: None,
            run_left: None,
        };
        let called = self.plugins.choose(now, &task, candidates, &unlimited).await;
        let called = called?;
        let wanted =
            called.value.iter().filter_map(|choice| candidates.get(usize::try_from(choice.candidate).ok()?));
        let wanted: Vec<_> = wanted.collect();
        let executors: BTreeSet<_> = wanted.iter().map(|candidate| &candidate.executor).collect();
        let Some(wanted) = wanted.first().filter(|_| executors.len() >= needed) else { return Ok(None) };
        let section = self.settings.section_on(&wanted.executor, None);
        let usual = section.reserve_usd.unwrap_or(self.settings.config().breaker.reserve_usd);
        let asked = wanted.mean_cost.map_or(usual, |mean| usual.max(mean.into()));
        let limits = self.settings.limits(Some(order.workspace.id), order.max_cost);
        let would =
            self.store.breaker().would_refuse(&wanted.executor, order.workspace.id, asked, &limits).await;
        Ok(would?)
    }

    /// Whom the chooser would ask, best first and at least one, with the quality issues that it was told of.
    pub async fn picks(&self, order: &Order) -> Result<(Vec<Pick>, Vec<QualityIssue>), Problem> {
        let Ranked { candidates, picks, issues, chooser } = self.ranked(order).await?;
        if picks.is_empty() {
            return Err(self.why_nobody(order, &candidates, &chooser, 1).await);
        }
        Ok((picks, issues))
    }

    /// What a chooser is told of a task, with the quality issues that are open in its area.
    pub(crate) async fn task_facts(
        &self,
        order: &Order,
        now: Timestamp,
    ) -> Result<(choosing::Task, Vec<QualityIssue>), Problem> {
        let issues = self.quality.open(order, now).await?;
        let open = u32::try_from(issues.len()).unwrap_or(u32::MAX);
        Ok((task(order, open), issues))
    }

    /// Nobody can do it now, with who found that and what is known of each.
    pub(crate) fn nobody(&self, candidates: &[choosing::Candidate], chooser: &PluginRef) -> Problem {
        let file = self.plugins.file_of(chooser);
        nobody(candidates, Some((chooser, file.as_deref())))
    }

    /// Whom the chooser would ask, best first, and which chooser that was. The decision is on the first of them.
    pub(crate) async fn ranked(&self, order: &Order) -> Result<Ranked, Problem> {
        let now = self.clock.now();
        let (candidates, behind) = self.candidates(order, now, order.request.model.as_deref()).await?;
        let (task, issues) = self.task_facts(order, now).await?;
        let budget = self.budget(order).await?;
        let called = self.plugins.choose(now, &task, &candidates, &budget).await?;
        let facts = json!({
            "now": now.as_millisecond(), "task": task, "candidates": candidates, "budget": budget,
            "quality_issues": issues,
        });
        let mut calls = decision(&called, "choose", facts);
        let pick = |choice: &choosing::Choice| {
            let index = usize::try_from(choice.candidate).ok()?;
            let (candidate, behind) = (candidates.get(index)?, behind.get(index)?);
            Some(Pick {
                executor: behind.executor.clone(),
                rung: behind.rung.clone(),
                model: candidate.model.clone(),
                effort: order.request.effort.or(Some(choice.effort.into())),
                reason: choice.reason.clone(),
                chosen_by: Some(called.plugin.clone()),
                calls: std::mem::take(&mut calls),
            })
        };
        let picks = called.value.iter().filter_map(pick).collect();
        Ok(Ranked { candidates, picks, issues, chooser: called.plugin })
    }

    /// Everybody who could be asked, with the model `asked` where one is, with what is known of them, and who is
    /// behind each.
    pub async fn candidates(
        &self,
        order: &Order,
        now: Timestamp,
        asked: Option<&str>,
    ) -> Result<(Vec<choosing::Candidate>, Vec<Behind>), Problem> {
        let executors: Vec<_> = self
            .plugins
            .executors()
            .into_iter()
            .filter(|info| self.settings.executor_section(&info.plugin.name).enabled)
            .collect();
        let enabled = executors.len();
        let executors = self.offered(order, executors);
        if executors.is_empty() && enabled > 0 {
            return Err(none_offered(order));
        }
        if executors.is_empty() {
            return Err(Problem::operator(
                ErrorCode::NoExecutor,
                "no executor is in service, or every one is switched off",
                "look at `enabled` under [executors] in jackfield.toml, and list the components",
            )
            .with(Operation::ListPlugins));
        }
        let facts = Facts {
            health: self.probes.health_anywhere(&executors).await?,
            history: History::read(&self.store, order, now).await?,
            occupancy: self.store.queue().occupancy().await?,
            resting: self.cooldowns.resting().await?,
        };
        let config = self.settings.config();
        let has_it = |place: &ladder::Place<'_>| {
            let meant = || ladder::meant(place.executor, asked).map(|model| model.name.as_str());
            asked.is_none()
                || place.model.as_deref() == asked
                || (place.model.is_some() && place.model.as_deref() == meant())
        };
        let places: Vec<_> = ladder::places(&config.ladder, &executors).into_iter().filter(has_it).collect();
        if places.is_empty() {
            return Err(unknown_model(&executors, asked.unwrap_or_default()));
        }
        let (mut candidates, mut behind) = (Vec::new(), Vec::new());
        for place in places.iter().filter(|place| self.models.admits(place, order)) {
            candidates.push(self.candidate(place, &facts));
            behind.push(Behind { executor: place.executor.clone(), rung: place.rung_name() });
        }
        if candidates.is_empty() {
            return Err(Problem::operator(
                ErrorCode::ModelsForbidden,
                "failed to choose an executor: the configuration allows none for this task ([models] and [roles])",
                "name another model or leave it out; or change models.never or [roles] in jackfield.toml",
            ));
        }
        Ok((candidates, behind))
    }

    /// Those whom a chooser may be offered. An instruction in prose that is run as a command does harm, and a command
    /// that an agent reads as a wish does something else: so each kind of task is for its own kind of executor.
    /// Whoever the caller names is theirs to choose.
    fn offered(&self, order: &Order, executors: Vec<ExecutorInfo>) -> Vec<ExecutorInfo> {
        let config = self.settings.config();
        let named = order.request.executor.as_deref().map(|name| {
            let rung = config.ladder.iter().find(|rung| rung.name == name);
            rung.map_or(name, |rung| &rung.executor).to_owned()
        });
        let fits = |info: &ExecutorInfo| {
            info.runs_as_command == order.is_command() || named.as_ref() == Some(&info.plugin.name)
        };
        executors.into_iter().filter(fits).collect()
    }

    fn candidate(&self, place: &ladder::Place<'_>, facts: &Facts) -> choosing::Candidate {
        let executor = &place.executor.plugin.name;
        let rung = place.rung_name();
        let section = self.settings.section_on(executor, rung.as_deref());
        let health = facts.health.get(executor);
        let past = facts.history.of(executor, place.model.as_deref());
        let configured = place.model.as_ref().and_then(|name| section.rates.get(name));
        let resting = facts.resting.get(rung.as_deref().unwrap_or(executor));
        choosing::Candidate {
            executor: executor.clone(),
            tier: place.tier,
            rates: configured
                .map(|rates| jackfield_types::Rates::from(rates).into())
                .or_else(|| place.known.and_then(|model| model.rates.clone())),
            free: place.executor.description.capabilities.contains(driving::Capabilities::FREE),
            rung: place.number,
            installed: health.is_some_and(|health| health.installed),
            login: place.login(health.map_or(types::Login::Unknown, |health| health.login)),
            busy: facts.occupancy.executors.get(executor).copied().unwrap_or(0),
            slots: section.slots,
            cooling_until: resting.copied().map(milliseconds),
            attempts: past.attempts,
            succeeded: past.succeeded,
            verified: past.verified,
            mean_cost: past.mean_cost.map(Micros::unsigned),
            mean_latency: past.mean_latency,
            usage_share: past.share,
            model: place.model.clone(),
        }
    }

    pub(crate) async fn budget(&self, order: &Order) -> Result<choosing::Budget, Problem> {
        let limits = self.settings.limits(Some(order.workspace.id), order.max_cost);
        let status = self.store.breaker().status(&limits).await?;
        Ok(budget(&status, order.max_cost))
    }
}

fn unknown_model(executors: &[ExecutorInfo], asked: &str) -> Problem {
    let models = executors.iter().flat_map(|info| &info.description.models);
    let listed: Vec<_> = models.map(|model| model.name.as_str()).collect();
    Problem::caller(
        ErrorCode::UnknownModel,
        format!("no executor has a model '{asked}'"),
        format!("{}; or name the executor too, and leave the model out", suggestion(&listed, asked)),
    )
}

/// Who is behind a candidate.
#[derive(Debug, Clone)]
pub struct Behind {
    pub(crate) executor: ExecutorInfo,
    pub(crate) rung: Option<String>,
}

/// What is known when candidates are told of.
struct Facts {
    health: HashMap<String, driving::Health>,
    history: History,
    occupancy: jackfield_store::Occupancy,
    resting: HashMap<String, Timestamp>,
}

/// What a chooser is told of a task.
fn task(order: &Order, open_quality_issues: u32) -> choosing::Task {
    choosing::Task {
        task_type: order.task_type.clone(),
        complexity: order.complexity,
        language: order.language.clone(),
        stack: order.stack.clone(),
        role: order.role.into(),
        keywords: order.request.keywords.clone(),
        // A common rule of thumb: four bytes to a token.
        context_tokens: u32::try_from(order.request.instruction.len() / 4).unwrap_or(u32::MAX),
        open_quality_issues,
        decisions_in_context: 0,
        effort: order.request.effort.map(Into::into),
    }
}

fn budget(status: &BreakerStatus, run: Option<Micros>) -> choosing::Budget {
    choosing::Budget {
        state: match status.state {
            BreakerState::Closed => types::BreakerState::Closed,
            BreakerState::Alert => types::BreakerState::Alert,
            BreakerState::Halted => types::BreakerState::Halted,
        },
        day_left: status.left(Period::Day).map(Micros::unsigned),
        month_left: status.left(Period::Month).map(Micros::unsigned),
        run_left: run.map(Micros::unsigned),
    }
}

/// Executors are in service, and none of them is for this type of task.
fn none_offered(order: &Order) -> Problem {
    if order.is_command() {
        return Problem::operator(
            ErrorCode::NobodyAvailable,
            "no executor in service runs the instruction as a command, which a task of type `command` asks for",
            "enable the executor `shell`, or leave the task type out: then an agent does it",
        );
    }
    Problem::operator(
        ErrorCode::NobodyAvailable,
        "every executor in service runs the instruction as a command, and is offered to the chooser for tasks of type `command` only",
        "set the task type to `command`, name the executor, or enable an agent",
    )
}

/// Nobody can do it now, with what is known of each, and the chooser that said so with the file it was dropped in.
pub(crate) fn nobody(
    candidates: &[choosing::Candidate],
    chooser: Option<(&PluginRef, Option<&Path>)>,
) -> Problem {
    let mut names: Vec<_> = candidates
        .iter()
        .map(|candidate| {
            let why = match (candidate.installed, candidate.login) {
                (false, _) => "not installed",
                (true, types::Login::LoggedOut) => "not logged in",
                _ if candidate.cooling_until.is_some() => "resting after a rate limit",
                _ => "ready, and not chosen",
            };
            format!("{} ({why})", candidate.executor)
        })
        .collect();
    names.sort();
    names.dedup();
    let who = chooser.map_or_else(
        || "the chooser".to_owned(),
        |(plugin, _)| format!("{plugin} (sha256 {})", plugin.digest),
    );
    let message = format!("{who} found no executor for this task: {}", names.join(", "));
    let Some((plugin, Some(file))) = chooser else {
        let remedy =
            "name an executor; or install or log in to an agent that the message names, and check it";
        return Problem::operator(ErrorCode::NobodyAvailable, message, remedy)
            .with(Operation::CheckExecutors);
    };
    let remedy = format!(
        "name an executor; or take {} out of the plugin folder, or roll the chooser {} back, and the chooser before it \
         decides again",
        shown(file),
        plugin.name
    );
    Problem::operator(ErrorCode::NobodyAvailable, message, remedy)
        .with(Operation::RollBackPlugin { kind: plugin.kind, name: plugin.name.clone() })
}
