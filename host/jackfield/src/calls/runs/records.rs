//! Reading runs: lists, records and answers.

use crate::handles::Runs;
use jackfield_access::audit::since;
use jackfield_api::{Answer, Handle, RecordedRequest, RunsFilter, RunsOrder, Word, bounds};
use jackfield_runs::escalation::compared;
use jackfield_runs::execution::leftovers;
use jackfield_runs::records::report;
use jackfield_store::{RunFilter, RunPage, RunSummary, RunView};
use jackfield_types::{Audience, Begun, ErrorCode, InvalidId, Operation, Problem, RunId, RunState, Scope};

impl Runs<'_> {
    /// Returns the answer of a run as it is now, at a verbosity (default: the request's, else `run.verbosity`). If no
    /// component can write that level, the answer uses the default level or the host's own text, and carries a
    /// warning.
    ///
    /// # Errors
    /// A [`Problem`] if the run does not exist, the principal may not see it, or the store cannot be read.
    pub async fn answer(self, run: RunId, verbosity: Option<&str>) -> Result<Answer, Problem> {
        match self.answer_now(run, verbosity).await {
            Ok(answer) => Ok(answer),
            Err(problem) => Err(self.of_run(run, problem).await),
        }
    }

    /// Adds the run to a problem: id, branch and cost if the principal may read it.
    pub async fn of_run(self, run: RunId, problem: Problem) -> Problem {
        if problem.run.is_some() {
            return problem;
        }
        match self.get(run).await {
            Ok(view) => problem.of_run(report::begun(&view)),
            Err(unread) if unread.audience == Audience::Operator => {
                problem.of_run(Begun { run_id: run, branch: None, cost_usd: None })
            }
            Err(_) => problem,
        }
    }

    async fn answer_now(self, run: RunId, verbosity: Option<&str>) -> Result<Answer, Problem> {
        let view = self.get(run).await?;
        let events = self.0.inner.store.logs().events(run, 0, 5_000).await?;
        let now = self.0.inner.clock.now();
        let workspace = self.0.inner.store.workspaces().get(view.run.workspace).await?;
        let report = report::report(&view, &events, &workspace.name, now);
        // A request of another version asked for no level that this one knows.
        let asked = RecordedRequest::of(&view.run).ok();
        let asked = asked.as_ref().and_then(RecordedRequest::verbosity);
        let config = self.0.inner.settings.config();
        let usual = config.run.verbosity.as_str();
        let told = jackfield_runs::records::telling::told_at(
            &self.0.inner.plugins,
            verbosity.or(asked).unwrap_or(usual),
            usual,
            &report,
        )
        .await;
        let calls = jackfield_runs::records::decisions::concerning(told.calls, view.task.id, run, None);
        // The run is done: a failed write must not withhold its answer.
        if let Err(error) = self.0.inner.store.decisions().record_calls(calls).await {
            tracing::error!(%run, %error, "how the answer was compressed is not on record");
        }
        self.0.inner.runs.shadow_calls.evaluate_in_background(view.task.id, vec!["compress".to_owned()]);
        let line = self.0.inner.runs.backlog.line_of(&view).await?;
        let consensus = match compared::is_compared(&view) {
            true => {
                let rounds = self.0.inner.store.runs().rounds(view.task.id, Some(run)).await;
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
        // A component that omits characters may join the pieces of a secret.
        let text = self.0.inner.runs.redaction.redactor().text(&text);
        Ok(Answer {
            consensus,
            notes,
            leftovers: leftovers::listed(&view.artifacts),
            warnings: told.warnings,
            ..report::answer(&view, text, line, now)
        })
    }

    /// Checks that a compressor offers this verbosity, before a caller waits for the answer.
    ///
    /// # Errors
    /// A [`Problem`] with the run if no compressor offers it.
    pub async fn check_answer(self, run: RunId, verbosity: Option<&str>) -> Result<(), Problem> {
        match self.0.inner.runs.orders.check_verbosity(verbosity) {
            Ok(()) => Ok(()),
            Err(problem) => Err(self.of_run(run, problem).await),
        }
    }

    /// Returns a run with its task, attempts and artifacts.
    ///
    /// # Errors
    /// A [`Problem`] if the run does not exist or the principal may not see it.
    pub async fn get(self, run: RunId) -> Result<RunView, Problem> {
        self.0.caller.shown_run(&self.0.inner.store, run).await?;
        Ok(self.0.inner.store.runs().get(run).await?)
    }

    /// Returns the state of a run.
    ///
    /// # Errors
    /// A [`Problem`] if the run does not exist or the principal may not see it.
    pub async fn state(self, run: RunId) -> Result<RunState, Problem> {
        Ok(self.get(run).await?.run.state)
    }

    /// Returns the run with this id or with the only id that begins with it. An empty `id` means the newest run.
    ///
    /// # Errors
    /// A [`Problem`] if no run or more than one matches.
    pub async fn find(self, id: &str) -> Result<RunId, Problem> {
        if !id.is_empty() {
            self.0.caller.require(Scope::Read)?;
            let found = self.0.inner.store.runs().find(id, self.0.caller.restricted_to()).await?;
            self.0.caller.annotate(|audited| audited.run = Some(found));
            return Ok(found);
        }
        let last = self.list(RunsFilter { limit: Some(1), ..RunsFilter::default() }).await?;
        last.first().map(|run| run.run).ok_or_else(|| {
            Problem::caller(ErrorCode::NoRuns, "there is no run yet", "start one")
                .with(Operation::StartRun)
                .with(Operation::RunDemo)
        })
    }

    /// Lists runs, the newest or the most expensive first.
    ///
    /// # Errors
    /// A [`Problem`] if the filter names an unknown state, order, workspace, task or run, or no time.
    pub async fn list(self, filter: RunsFilter) -> Result<Vec<RunSummary>, Problem> {
        Ok(self.page(filter).await?.runs)
    }

    /// Lists runs, with the place where the list goes on. A page of a filtered list can be short or empty before the
    /// end of the list.
    ///
    /// # Errors
    /// A [`Problem`] if the filter names an unknown state, order, workspace, task or run, or no time.
    pub async fn page(self, filter: RunsFilter) -> Result<RunPage, Problem> {
        self.0.caller.require(Scope::Read)?;
        bounds::check(&filter)?;
        let order = filter.sort.clone().map(Word::known).transpose()?.unwrap_or_default();
        let runs = self.0.inner.store.runs();
        let filter = self.filter(filter).await?;
        Ok(match order {
            RunsOrder::Newest => runs.page(filter).await?,
            RunsOrder::Cost => RunPage { runs: runs.by_cost(filter).await?, next: None },
        })
    }

    async fn filter(self, filter: RunsFilter) -> Result<RunFilter, Problem> {
        let state = filter.state.clone().map(Word::known).transpose()?;
        let bad_id = |error: InvalidId| {
            Problem::caller(ErrorCode::BadId, error.to_string(), "give the last id of the page before")
        };
        Ok(RunFilter {
            states: state.into_iter().collect(),
            workspace: self.0.workspaces().filtered(filter.workspace.as_deref()).await?,
            task: match filter.task_id.as_deref() {
                None => None,
                Some(id) => Some(self.0.tasks().find(id).await?),
            },
            principal: self.0.caller.restricted_to().map(str::to_owned),
            since: filter.since.as_deref().map(|text| since(text, self.0.inner.clock.now())).transpose()?,
            before: filter.before.as_deref().map(str::parse).transpose().map_err(bad_id)?,
            limit: filter.page(),
            executor: filter.executor,
            text: filter.q.filter(|text| !text.trim().is_empty()),
        })
    }

    /// Returns the ids and the state of a run, and the next call to make.
    ///
    /// # Errors
    /// A [`Problem`] if the run does not exist or the principal may not see it.
    pub async fn handle(self, run: RunId) -> Result<Handle, Problem> {
        let run = self.get(run).await?.run;
        let wait = Operation::AwaitResult(run.id);
        let (next, operations) = match run.state.is_final() {
            false => ("wait for its result, or cancel it", vec![wait, Operation::CancelRun(run.id)]),
            true => ("get its result", vec![wait]),
        };
        Ok(Handle { task_id: run.task, run_id: run.id, state: run.state, next: next.to_owned(), operations })
    }
}
