//! Runs: starting, ending and repeating them.

mod follow;
mod records;

use super::super::choose::Pick;
use super::super::handles::Runs;
use super::super::quality::QualityIssue;
use jackfield_api::{Answer, ExecuteRequest, Progress, bounds};
use jackfield_types::{ErrorCode, PluginRef, Problem, RunId, Scope};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// Longest that a call may be asked to wait, seconds. A silent answer is dropped by many clients.
const LONGEST_WAIT: u64 = 24 * 60 * 60;

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

impl Runs<'_> {
    /// Ends a run and everything it started. The answer is the run as it then is.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such run, it has ended, or whoever has it in hand does not answer.
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
        // It may change hands between the looks: then the other way is the right one.
        if !self.0.inner.cancellation.call_off(run, reason).await?
            && !self.0.inner.cancellation.ask_to_end(run, reason).await?
        {
            self.0.inner.cancellation.call_off(run, reason).await?;
        }
        self.0.inner.recovery.end_abandoned(run).await?;
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

    /// Has several agents do the same task side by side and compares what they did. `executors` names them
    /// (executors, or rungs of the ladder); where there are none, the chooser's two best of different
    /// executors are asked. Waits as [`execute`](Self::execute) does.
    ///
    /// # Errors
    /// A [`Problem`] where the request is refused, or there are not two who could be asked.
    pub async fn consensus(self, request: ExecuteRequest, executors: &[String]) -> Result<Answer, Problem> {
        let wait = request.wait_s.unwrap_or(self.0.inner.settings.config().run.wait_s);
        let verbosity = request.verbosity.clone();
        let run = self.dispatch_consensus(request, executors).await?;
        self.result(run, Duration::from_secs(wait), verbosity.as_deref()).await
    }

    /// Starts such a run and gives it at once.
    ///
    /// # Errors
    /// As [`consensus`](Self::consensus).
    pub async fn dispatch_consensus(
        self,
        request: ExecuteRequest,
        executors: &[String],
    ) -> Result<RunId, Problem> {
        self.0.caller.require(Scope::Execute)?;
        let run = self.0.inner.admissions.dispatch_several(request, executors, self.0.caller.name()).await?;
        self.0.caller.annotate(|audited| audited.run = Some(run));
        Ok(run)
    }

    /// Carries out a request and waits for its end, `wait_s` seconds at most; after that, the
    /// answer is a handle and the run goes on. Whoever this handle [acts for](crate::Host::acting_as) is
    /// on record as who asked.
    ///
    /// # Errors
    /// A [`Problem`] where the request is refused; then nothing was started. An agent that fails
    /// is an answer, not an error.
    pub async fn execute(self, request: ExecuteRequest) -> Result<Answer, Problem> {
        self.execute_with(request, |_| {}).await
    }

    /// As [`execute`](Self::execute), telling of each step as it happens.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn execute_with(
        self,
        request: ExecuteRequest,
        tell: impl FnMut(Progress) + Send,
    ) -> Result<Answer, Problem> {
        let wait = request.wait_s.unwrap_or(self.0.inner.settings.config().run.wait_s).min(LONGEST_WAIT);
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
    pub async fn dispatch(self, request: ExecuteRequest) -> Result<RunId, Problem> {
        self.0.caller.require(Scope::Execute)?;
        let run = self.0.inner.admissions.dispatch(request, self.0.caller.name()).await?;
        self.0.caller.annotate(|audited| audited.run = Some(run));
        Ok(run)
    }

    /// Whom a request would go to, without doing it: the executor that it names, else the chooser's picks.
    ///
    /// # Errors
    /// A [`Problem`] where the request would be refused.
    pub async fn advise(self, request: ExecuteRequest) -> Result<Advice, Problem> {
        self.0.caller.require(Scope::Read)?;
        let order = self.0.inner.orders.order(request).await?;
        let (picks, issues) = match &order.request.executor {
            Some(name) => {
                let pick = self.0.inner.selection.asked_for(name, &order)?;
                self.0.inner.admissions.check_program(&pick.executor).await?;
                (vec![pick], self.0.inner.selection.quality.open(&order, self.0.inner.clock.now()).await?)
            }
            None => self.0.inner.selection.picks(&order).await?,
        };
        let chooser = picks.first().and_then(|pick| pick.chosen_by.clone());
        let redactor = self.0.inner.redaction.redactor();
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

    /// Has a run that has ended made again: another run of its task, with everything as it was asked for then. Under the
    /// same `key` it is made once. Gives the new run.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such run, it or another run of its task goes on, it was made elsewhere, or the
    /// request would be refused by now.
    pub async fn retry(self, run: RunId, key: Option<String>, reason: &str) -> Result<RunId, Problem> {
        self.0.caller.require(Scope::Execute)?;
        bounds::check_text("reason", reason)?;
        bounds::check_text("idempotency_key", key.as_deref().unwrap_or_default())?;
        let view = self.get(run).await?;
        let again = self.0.inner.admissions.retry(&view, key, self.0.caller.name(), reason).await?;
        self.0.caller.annotate(|audited| audited.run = Some(again));
        Ok(again)
    }
}
