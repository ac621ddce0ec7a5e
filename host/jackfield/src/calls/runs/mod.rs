//! Runs: start, cancel and retry.

mod follow;
mod records;

use crate::handles::Runs;
use jackfield_api::{Answer, ExecuteRequest, Progress, bounds};
use jackfield_runs::selection::choose::Pick;
use jackfield_runs::selection::quality::QualityIssue;
use jackfield_types::{ErrorCode, Operation, PluginRef, Problem, RunId, RunState, Scope};
use serde::Serialize;
use std::time::Duration;

/// Longest wait that a call accepts, seconds. Many clients drop a call that stays silent.
const LONGEST_WAIT: u64 = 24 * 60 * 60;

/// What the chooser would do with a request.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
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
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
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
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct AdvisedChoice {
    pub executor: String,
    pub model: Option<String>,
    /// Not there where the agent's own default holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<jackfield_types::Effort>,
    pub reason: String,
}

impl Runs<'_> {
    /// Cancels a run and ends every process that it started. Returns the answer of the run after its end.
    ///
    /// # Errors
    /// A [`Problem`] if the run does not exist, the principal may not see it, it has ended already, or its worker does
    /// not end it within three times `run.grace_s` plus 5 seconds.
    pub async fn cancel(self, run: RunId, reason: &str) -> Result<Answer, Problem> {
        self.0.caller.require(Scope::Execute)?;
        jackfield_api::bounds::check_text("reason", reason)?;
        let state = self.state(run).await?;
        if state.is_final() {
            return Err(Problem::caller(
                ErrorCode::RunEnded,
                format!("failed to cancel run {run}: it has ended already (state: {state})"),
                "nothing is left to cancel",
            ));
        }
        // The run may start or stop running between two calls: try the other way.
        if !self.0.inner.runs.cancellation.call_off(run, reason).await?
            && !self.0.inner.runs.cancellation.ask_to_end(run, reason).await?
        {
            self.0.inner.runs.cancellation.call_off(run, reason).await?;
        }
        self.0.inner.runs.recovery.end_abandoned(run).await?;
        let patience = Duration::from_secs(
            self.0.inner.settings.config().run.grace_s.saturating_mul(3).saturating_add(5),
        );
        if !self.wait_for(run, patience, |_| {}).await?.is_final() {
            return Err(Problem::operator(
                ErrorCode::NotCancelled,
                format!("run {run} has not ended yet"),
                "it ends as soon as the worker that has it in hand hears of it; if that worker is gone, start a host: it takes the run over and ends it",
            ));
        }
        self.answer(run, None).await
    }

    /// Runs the same task with several executors in parallel and compares the results. `executors` names executors or
    /// rungs of the ladder; if it is empty, the chooser's two best different executors are used. Waits like
    /// [`execute`](Self::execute).
    ///
    /// # Errors
    /// A [`Problem`] if the request is refused or fewer than two executors are available.
    pub async fn consensus(self, request: ExecuteRequest, executors: &[String]) -> Result<Answer, Problem> {
        let wait = request.wait_s.unwrap_or(self.0.inner.settings.config().run.wait_s);
        let verbosity = request.verbosity.clone();
        let run = self.dispatch_consensus(request, executors).await?;
        self.result(run, Duration::from_secs(wait), verbosity.as_deref()).await
    }

    /// Starts a consensus run and returns its id without waiting.
    ///
    /// # Errors
    /// The same as [`consensus`](Self::consensus).
    pub async fn dispatch_consensus(
        self,
        request: ExecuteRequest,
        executors: &[String],
    ) -> Result<RunId, Problem> {
        self.0.caller.require(Scope::Execute)?;
        let run =
            self.0.inner.runs.admissions.dispatch_several(request, executors, self.0.caller.name()).await?;
        self.0.caller.annotate(|audited| audited.run = Some(run));
        Ok(run)
    }

    /// Executes a request and waits for the end of its run, at most `wait_s` seconds. Returns the answer; if the wait
    /// ends first, the run continues and the answer names it. The run is recorded under the principal of this handle;
    /// see [`Host::acting_as`](crate::Host::acting_as).
    ///
    /// # Errors
    /// A [`Problem`] if the request is refused; then no run exists. A failed attempt is an answer, not an error.
    pub async fn execute(self, request: ExecuteRequest) -> Result<Answer, Problem> {
        self.execute_with(request, |_| {}).await
    }

    /// Like [`execute`](Self::execute), and calls `tell` with each step of the run as it happens.
    ///
    /// # Errors
    /// The same as [`execute`](Self::execute).
    pub async fn execute_with(
        self,
        request: ExecuteRequest,
        tell: impl FnMut(Progress) + Send,
    ) -> Result<Answer, Problem> {
        let wait = request.wait_s.unwrap_or(self.0.inner.settings.config().run.wait_s).min(LONGEST_WAIT);
        let verbosity = request.verbosity.clone();
        let run = self.dispatch(request).await?;
        // From here on every error names the run: it may have worked and cost money.
        self.wait_for(run, Duration::from_secs(wait), tell).await?;
        self.answer(run, verbosity.as_deref()).await
    }

    /// Starts a request and returns the id of its run without waiting.
    ///
    /// # Errors
    /// The same as [`execute`](Self::execute).
    pub async fn dispatch(self, request: ExecuteRequest) -> Result<RunId, Problem> {
        self.0.caller.require(Scope::Execute)?;
        let run = self.0.inner.runs.admissions.dispatch(request, self.0.caller.name()).await?;
        self.0.caller.annotate(|audited| audited.run = Some(run));
        Ok(run)
    }

    /// Returns the executors and models that a request would use, without running it: the executor that the request
    /// names, else the chooser's choices.
    ///
    /// # Errors
    /// A [`Problem`] if [`execute`](Self::execute) would refuse the request.
    pub async fn advise(self, request: ExecuteRequest) -> Result<Advice, Problem> {
        self.0.caller.require(Scope::Read)?;
        let order = self.0.inner.runs.orders.order(request).await?;
        let (picks, issues) = match &order.request.executor {
            Some(name) => {
                let pick = self.0.inner.runs.selection.asked_for(name, &order)?;
                self.0.inner.runs.admissions.check_program(&pick.executor).await?;
                (vec![pick], self.0.inner.runs.quality.open(&order, self.0.inner.clock.now()).await?)
            }
            None => self.0.inner.runs.selection.picks(&order).await?,
        };
        let chooser = picks.first().and_then(|pick| pick.chosen_by.clone());
        let redactor = self.0.inner.runs.redaction.redactor();
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

    /// Makes the work of another attempt, by its number, that of a run that succeeded: its diff, its branch and its
    /// answer. Records the principal and the reason.
    ///
    /// # Errors
    /// A [`Problem`] if the run or the attempt does not exist or the principal may not see it, the run has not
    /// succeeded, the attempt changed nothing, or the reason is empty.
    pub async fn choose(self, run: RunId, attempt: u32, reason: &str) -> Result<(), Problem> {
        self.0.caller.require(Scope::Execute)?;
        let reason = super::budget::with_reason(reason)?;
        let view = self.get(run).await?;
        let refused = |why: String, remedy: &str| {
            Problem::caller(ErrorCode::AttemptNotChosen, why, remedy).with(Operation::ShowRun(run))
        };
        if view.run.state != RunState::Succeeded {
            let why =
                format!("run {run} is {}, and only the work of one that succeeded is chosen", view.run.state);
            return Err(refused(why, "wait for its end, or retry it"));
        }
        let chosen = super::output::numbered(&view, attempt)?;
        if chosen.branch.is_none() {
            return Err(refused(
                format!("attempt {attempt} of run {run} has no branch"),
                "choose another attempt",
            ));
        }
        let by = self.0.caller.name();
        let said = format!("{by} chose attempt {attempt} ({}): {reason}", chosen.executor);
        self.0.inner.store.attempts().choose(run, chosen.id, said).await?;
        Ok(())
    }

    /// Repeats an ended run: adds another run to its task with the same request. Calls with the same idempotency `key`
    /// create one run. Returns the id of the new run.
    ///
    /// # Errors
    /// A [`Problem`] if the run does not exist or the principal may not see it, a run of its task has not ended, it
    /// was recorded elsewhere, or the request is refused now.
    pub async fn retry(self, run: RunId, key: Option<String>, reason: &str) -> Result<RunId, Problem> {
        self.0.caller.require(Scope::Execute)?;
        bounds::check_text("reason", reason)?;
        bounds::check_text("idempotency_key", key.as_deref().unwrap_or_default())?;
        let view = self.get(run).await?;
        let again = self.0.inner.runs.admissions.retry(&view, key, self.0.caller.name(), reason).await?;
        self.0.caller.annotate(|audited| audited.run = Some(again));
        Ok(again)
    }
}
