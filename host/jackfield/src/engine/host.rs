//! The host as its doors and embedders see it.

use super::choose::Pick;
use super::quality::QualityIssue;
use super::{HostBuilder, Inner, Principal, Work, events};
use super::{compared, leftovers, report};
use jackfield_api::{Answer, AuthStatus, ExecuteRequest, ExecutorStatus, OrchestratorStatus, Progress};
use jackfield_store::{BreakerState, BreakerStatus, Period, RunEvent};
use jackfield_types::{Audience, Begun, Micros, PluginRef, Problem, RunId, RunState, Scope};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Longest that a call may be asked to wait, seconds. A silent answer is dropped by many clients.
const LONGEST_WAIT: u64 = 24 * 60 * 60;
/// Longest that a run is followed, whatever was asked: as good as for ever.
const LONGEST_FOLLOWED: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// How often a run of another host is looked at while somebody waits for it.
const LOOK: Duration = Duration::from_millis(250);
/// The same for a run of this host, which tells of its changes by itself.
const DOUBT: Duration = Duration::from_secs(5);
/// Events read at once.
const PAGE: u32 = 500;

/// Runs AI coding agents as durable, budgeted, auditable work.
///
/// Clones are the same host. Two hosts in one process do not meet, and two hosts on one data
/// folder share its records and its budget. The [crate]'s own page shows one at work.
#[derive(Clone)]
pub struct Host(pub(super) Arc<Inner>, pub(super) Principal);

/// What the chooser would do with a request.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Advice {
    /// Who decided; not there where the request names the executor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chooser: Option<PluginRef>,
    /// The task as a chooser is told of it.
    pub task: AdvisedTask,
    /// Best first.
    pub choices: Vec<AdvisedChoice>,
    /// Work in the area of the task that was not good enough and stands so: three of them raise it by one tier.
    pub quality_issues: Vec<QualityIssue>,
}

/// What a request was taken for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AdvisedTask {
    /// feature, bugfix, review, …
    pub task_type: String,
    /// The type is a guess by the words of the instruction.
    pub classified: bool,
    /// 1 (trivial) to 10 (epic).
    pub complexity: u8,
    /// plan, implement, review or test.
    pub role: jackfield_types::Role,
    /// The programming language, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Frameworks and tools.
    pub stack: Vec<String>,
}

/// One choice, by name.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct AdvisedChoice {
    pub executor: String,
    pub model: Option<String>,
    /// Not there where the agent's own default holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<jackfield_types::Effort>,
    pub reason: String,
}

impl Host {
    /// A host whose records, logs, worktrees and plugins are in `data`.
    pub fn builder(data: impl Into<PathBuf>) -> HostBuilder {
        HostBuilder::new(data.into())
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner), Principal::default())
    }

    /// Starts what goes on beside every call.
    pub fn begin(&self) {
        if self.0.work != Work::Nothing {
            self.0.tasks.spawn(Arc::clone(&self.0).work());
        }
        if self.0.work == Work::All {
            self.keep();
            self.0.tasks.spawn(Arc::clone(&self.0).log_breaker());
        }
    }

    /// Carries out a request and waits for its end, `wait_s` seconds at most; after that, the
    /// answer is a handle and the run goes on. Whoever this handle [acts for](Self::acting_as) is
    /// on record as who asked.
    ///
    /// # Errors
    /// A [`Problem`] where the request is refused; then nothing was started. An agent that fails
    /// is an answer, not an error.
    pub async fn execute(&self, request: ExecuteRequest) -> Result<Answer, Problem> {
        self.execute_with(request, |_| {}).await
    }

    /// As [`execute`](Self::execute), telling of each step as it happens.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn execute_with(
        &self,
        request: ExecuteRequest,
        tell: impl FnMut(Progress) + Send,
    ) -> Result<Answer, Problem> {
        let wait = request.wait_s.unwrap_or(self.0.config().run.wait_s).min(LONGEST_WAIT);
        let verbosity = request.verbosity.clone();
        let run = self.dispatch(request).await?;
        // From here on every error names the run: its work may be done and paid.
        self.wait_for(run, Duration::from_secs(wait), tell).await?;
        self.answer(run, verbosity.as_deref()).await
    }

    /// Starts a request and gives its run at once.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn dispatch(&self, request: ExecuteRequest) -> Result<RunId, Problem> {
        self.may(Scope::Execute)?;
        let run = self.0.dispatch(request, self.principal()).await?;
        self.touches(|audited| audited.run = Some(run));
        Ok(run)
    }

    /// Waits for a run's end, `wait` at most, and answers as [`execute`](Self::execute) does.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such run or verbosity.
    pub async fn result(
        &self,
        run: RunId,
        wait: Duration,
        verbosity: Option<&str>,
    ) -> Result<Answer, Problem> {
        self.answerable(run, verbosity).await?;
        self.wait_for(run, wait.min(Duration::from_secs(LONGEST_WAIT)), |_| {}).await?;
        self.answer(run, verbosity).await
    }

    /// Tells every event of a run, from the first, and returns when the run has ended or `wait` is over.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such run.
    pub async fn wait_for(
        &self,
        run: RunId,
        wait: Duration,
        mut tell: impl FnMut(Progress) + Send,
    ) -> Result<RunState, Problem> {
        self.watch(run, wait, |event| {
            if let Some(message) = events::line(event) {
                tell(Progress { seq: event.seq, message });
            }
        })
        .await
    }

    /// The same, with the events as they are.
    pub async fn watch(
        &self,
        run: RunId,
        wait: Duration,
        each: impl FnMut(&RunEvent) + Send,
    ) -> Result<RunState, Problem> {
        // A person may take days: nobody waits for that.
        let over = |state: RunState| state.is_final() || state == RunState::Waiting;
        self.follow_until(run, 0, wait, over, each).await
    }

    /// Hands on every event of a run after `after`, in order and without a gap, until the run has
    /// ended or `wait` is over.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such run.
    pub async fn follow(
        &self,
        run: RunId,
        after: u64,
        wait: Duration,
        each: impl FnMut(&RunEvent) + Send,
    ) -> Result<RunState, Problem> {
        self.follow_until(run, after, wait, RunState::is_final, each).await
    }

    async fn follow_until(
        &self,
        run: RunId,
        after: u64,
        wait: Duration,
        over: impl Fn(RunState) -> bool + Send,
        each: impl FnMut(&RunEvent) + Send,
    ) -> Result<RunState, Problem> {
        match self.follow_on(run, after, wait, over, each).await {
            Ok(state) => Ok(state),
            Err(problem) => Err(self.of_run(run, problem).await),
        }
    }

    async fn follow_on(
        &self,
        run: RunId,
        after: u64,
        wait: Duration,
        over: impl Fn(RunState) -> bool + Send,
        mut each: impl FnMut(&RunEvent) + Send,
    ) -> Result<RunState, Problem> {
        let deadline = Instant::now() + wait.min(LONGEST_FOLLOWED);
        // Subscribed before the first read, so that nothing is missed in between.
        let mut changes = self.0.store.changes(run);
        let mut seen = after;
        loop {
            // A host that stops still settles what it has in hand; what it leaves ends with another one.
            let ours = self.0.running.lock().contains_key(&run);
            let left = self.0.stop.is_cancelled() && !ours;
            let state = self.run_state(run).await?;
            loop {
                let events = self.run_events(run, seen, PAGE).await?;
                let Some(last) = events.last() else { break };
                seen = last.seq;
                events.iter().for_each(&mut each);
            }
            if over(state) || left || Instant::now() >= deadline {
                return Ok(state);
            }
            // A host that stops is about to let go of it, and tells nobody.
            let look = Instant::now() + if ours && !self.0.stop.is_cancelled() { DOUBT } else { LOOK };
            tokio::select! {
                _ = timeout_at(deadline.min(look), changes.changed()) => {}
                () = self.stopping(), if !self.0.stop.is_cancelled() => {}
            }
        }
    }

    /// The run as it is now, told at a verbosity. Where no component can tell it so, it is told at the usual one, or
    /// in the host's own words, with a warning: an answer is never lost because of how it was to be told.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such run, or the records cannot be read.
    pub async fn answer(&self, run: RunId, verbosity: Option<&str>) -> Result<Answer, Problem> {
        match self.answer_now(run, verbosity).await {
            Ok(answer) => Ok(answer),
            Err(problem) => Err(self.of_run(run, problem).await),
        }
    }

    /// An error with the run that it happened to, as far as whoever asks may know of it.
    pub async fn of_run(&self, run: RunId, problem: Problem) -> Problem {
        if problem.run.is_some() {
            return problem;
        }
        match self.run(run).await {
            Ok(view) => problem.of_run(report::begun(&view)),
            Err(unread) if unread.audience == Audience::Operator => {
                problem.of_run(Begun { run_id: run, branch: None, cost_usd: None })
            }
            Err(_) => problem,
        }
    }

    async fn answer_now(&self, run: RunId, verbosity: Option<&str>) -> Result<Answer, Problem> {
        let view = self.run(run).await?;
        let events = self.0.store.run_events(run, 0, 5_000).await?;
        let now = self.0.clock.now();
        let workspace = self.0.store.workspace(view.run.workspace).await?;
        let report = report::report(&view, &events, &workspace.name, now);
        let asked = view.run.request.get("verbosity").and_then(|level| level.as_str());
        let config = self.0.config();
        let usual = config.run.verbosity.as_str();
        let told = self.0.told_at(verbosity.or(asked).unwrap_or(usual), usual, &report).await;
        let calls = super::choose::concerning(told.calls, view.task.id, run, None);
        // The work is done: a record that cannot be written now keeps nobody from its answer.
        if let Err(error) = self.0.store.record_calls(calls).await {
            tracing::error!(%run, %error, "how the answer was compressed is not on record");
        }
        self.0.put_aside(view.task.id, vec!["compress".to_owned()]);
        let line = self.0.line_of(&view).await?;
        let consensus = match compared::is_compared(&view) {
            true => {
                let rounds = self.0.store.rounds(view.task.id, Some(run)).await;
                compared::result(&rounds?)
            }
            false => None,
        };
        let text = match &consensus {
            Some(result) => compared::with_result(told.text, result),
            None => told.text,
        };
        let notes = leftovers::notes(&view, &events);
        let text = leftovers::told(text, &notes, run);
        // A component that leaves characters out may put a secret together that was in pieces.
        let text = self.0.redactor().text(&text);
        Ok(Answer {
            consensus,
            notes,
            leftovers: leftovers::listed(&view.artifacts),
            warnings: told.warnings,
            ..report::answer(&view, text, line, now)
        })
    }

    /// Whether an answer can be had at this verbosity, before anybody waits for one.
    ///
    /// # Errors
    /// A [`Problem`] where no compressor offers it, with the run.
    pub async fn answerable(&self, run: RunId, verbosity: Option<&str>) -> Result<(), Problem> {
        match self.0.check_verbosity(verbosity) {
            Ok(()) => Ok(()),
            Err(problem) => Err(self.of_run(run, problem).await),
        }
    }

    /// Whom a request would go to, without doing it: the executor that it names, else the chooser's picks.
    ///
    /// # Errors
    /// A [`Problem`] where the request would be refused.
    pub async fn advise(&self, request: ExecuteRequest) -> Result<Advice, Problem> {
        self.may(Scope::Read)?;
        let order = self.0.order(request).await?;
        let (picks, issues) = match &order.request.executor {
            Some(name) => {
                let pick = self.0.asked_for(name, &order)?;
                self.0.check_program(&pick.executor).await?;
                (vec![pick], self.0.quality_issues(&order, self.0.clock.now()).await?)
            }
            None => self.0.picks(&order).await?,
        };
        let chooser = picks.first().and_then(|pick| pick.chosen_by.clone());
        let redactor = self.0.redactor();
        let choice = |pick: Pick| AdvisedChoice {
            executor: pick.executor.plugin.name,
            model: pick.model,
            effort: pick.effort,
            reason: redactor.text(&pick.reason),
        };
        Ok(Advice {
            chooser,
            task: AdvisedTask {
                task_type: order.task_type,
                classified: order.classified,
                complexity: order.complexity,
                role: order.role,
                language: order.language,
                stack: order.stack,
            },
            choices: picks.into_iter().map(choice).collect(),
            quality_issues: issues,
        })
    }

    /// Every executor's set-up: installed, version, logged in, and what to do.
    pub async fn auth_status(&self) -> Vec<AuthStatus> {
        self.0.auth_status().await
    }

    /// How the host is doing: queue, executors, money, warnings.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn orchestrator_status(&self) -> Result<OrchestratorStatus, Problem> {
        self.may(Scope::Read)?;
        let totals = self.stats().await?;
        let breaker = self.breaker().await?;
        let occupancy = self.0.store.occupancy().await?;
        let resting = self.0.resting().await?;
        let names = self.0.plugins.executors().into_iter().map(|info| info.plugin.name);
        let executors = names
            .map(|executor| ExecutorStatus {
                busy: occupancy.executors.get(&executor).copied().unwrap_or(0),
                slots: self.0.executor_section(&executor).slots,
                cooling_until: resting.get(&executor).copied(),
                executor,
            })
            .collect();
        let mut warnings = warnings(&breaker);
        let config = self.0.config();
        let rungs = config.ladder.iter().filter_map(|rung| Some((&rung.name, resting.get(&rung.name)?)));
        warnings.extend(rungs.map(|(rung, until)| format!("the rung '{rung}' rests until {until}")));
        if self.0.shutdown.closed.is_cancelled() {
            warnings.push(format!(
                "this host is being stopped and takes nothing new; {} run(s) are still at work",
                self.in_hand()
            ));
        }
        if totals.queued > 0 && !self.0.somebody_works().await? {
            warnings.push(format!("{} run(s) wait, and {}", totals.queued, self.0.nobody_works()));
        }
        let spent =
            breaker.limits.iter().find(|limit| limit.limit.period == Period::Day).map(|limit| limit.spent);
        Ok(OrchestratorStatus {
            version: crate::VERSION.to_owned(),
            queued: u32::try_from(totals.queued).unwrap_or(u32::MAX),
            running: u32::try_from(totals.running).unwrap_or(u32::MAX),
            max_concurrent: super::worker::most(self.0.config().run.max_concurrent),
            executors,
            breaker: breaker.state.to_string(),
            spent_today_usd: spent.unwrap_or(Micros::ZERO).usd(),
            warnings,
        })
    }
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
