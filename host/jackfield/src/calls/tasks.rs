//! Tasks: creation without a run, versions of the specification, and the end. `external.rs` has external attempts.

use super::texts::{idempotency, text};
use crate::handles::Tasks;
use jackfield_api::{
    CloseAnswer, CloseRequest, ExecuteRequest, InitAnswer, InitRequest, Spec, SpecRequest, SpecVersion,
    TasksFilter, Word, bounds,
};
use jackfield_runs::admission::admit::title;
use jackfield_store::{
    Checkpoint, Closed, Closing, NewTask, Round, TaskFilter, TaskPage, TaskSummary, TaskView,
};
use jackfield_types::{ErrorCode, Operation, Problem, RunId, Scope, TaskId, Workflow};
use serde_json::json;

/// Most acceptance criteria of a task.
const MOST_CRITERIA: usize = 200;

impl Tasks<'_> {
    /// Creates a task without a run, for external work. Refused while the breaker is halted.
    ///
    /// # Errors
    /// A [`Problem`] if the request is refused; then no task exists.
    pub async fn init(self, request: InitRequest) -> Result<InitAnswer, Problem> {
        self.0.caller.require(Scope::Execute)?;
        bounds::check(&request)?;
        let asked = json!({ "init": request });
        let InitRequest {
            instruction,
            title: named,
            workspace,
            task_type,
            complexity,
            language,
            stack,
            role,
            expect,
            acceptance,
            idempotency_key,
        } = request;
        let acceptance = criteria(acceptance)?;
        let order = self
            .0
            .inner
            .runs
            .orders
            .order(ExecuteRequest {
                instruction,
                workspace,
                task_type,
                complexity,
                language,
                stack,
                role,
                expect,
                ..ExecuteRequest::default()
            })
            .await?;
        let instruction = order.request.instruction;
        let spec = Spec { instruction: instruction.clone(), acceptance, notes: None };
        let task = NewTask {
            id: TaskId::new(),
            workspace: order.workspace.id,
            principal: self.0.caller.name().to_owned(),
            title: title(named.as_deref(), &instruction),
            instruction,
            task_type: order.task_type,
            complexity: order.complexity,
            language: order.language,
            stack: order.stack,
            role: order.role,
            expect_change: order.expect_change,
            position: Workflow::direct().first(),
            idempotency: idempotency(idempotency_key, asked),
        };
        let limits = self.0.inner.settings.limits(Some(order.workspace.id), None);
        let usual = self.0.inner.settings.config().breaker.reserve_usd;
        let opened = self.0.inner.store.tasks().open(task, json!(spec), usual, &limits).await;
        let opened = opened?;
        let found = self.0.inner.store.runs().task(opened.task).await?;
        Ok(InitAnswer { task_id: found.id, state: found.state, existing: opened.existing })
    }

    /// Adds a version of a task's specification. Fields that the request omits keep their previous value.
    ///
    /// # Errors
    /// A [`Problem`] if the task does not exist, the principal may not see it, it is closed, or the request is empty.
    pub async fn specify(self, task: &str, request: SpecRequest) -> Result<SpecVersion, Problem> {
        self.0.caller.require(Scope::Execute)?;
        bounds::check(&request)?;
        let task = self.find(task).await?;
        let found = self.0.inner.store.runs().task(task).await?;
        if found.state.is_final() {
            return Err(Problem::caller(
                ErrorCode::TaskClosed,
                format!("task {task} is {}", found.state),
                "make a new task for what is still to be done",
            ));
        }
        let SpecRequest { instruction, acceptance, notes } = request;
        let said: Vec<&str> = [
            instruction.as_ref().map(|_| "instruction"),
            acceptance.as_ref().map(|_| "acceptance"),
            notes.as_ref().map(|_| "notes"),
        ]
        .into_iter()
        .flatten()
        .collect();
        if said.is_empty() {
            return Err(Problem::caller(
                ErrorCode::EmptySpec,
                "the specification says nothing",
                "give an instruction, acceptance criteria or notes",
            ));
        }
        let label = format!("new {}", said.join(", "));
        if let Some(instruction) = &instruction {
            jackfield_runs::admission::order::check_instruction(instruction)?;
        }
        let acceptance = acceptance.map(criteria).transpose()?;
        let notes = notes.map(|notes| text("note", notes)).transpose()?;
        let make = move |before: Option<&Checkpoint>| {
            let before = before
                .and_then(spec_of)
                .unwrap_or_else(|| Spec { instruction: found.instruction.clone(), ..Spec::default() });
            json!(Spec {
                instruction: instruction.clone().unwrap_or(before.instruction),
                acceptance: acceptance.clone().unwrap_or(before.acceptance),
                notes: notes.clone().or(before.notes).filter(|notes| !notes.is_empty()),
            })
        };
        let added = self.0.inner.store.tasks().specify(task, self.0.caller.name(), &label, make).await;
        version(&added?)
    }

    /// Returns a version of a task's specification, the latest by default.
    ///
    /// # Errors
    /// A [`Problem`] if the task or the version does not exist.
    pub async fn spec(self, task: &str, wanted: Option<u32>) -> Result<SpecVersion, Problem> {
        let task = self.find(task).await?;
        let found = match wanted {
            Some(0) => None,
            Some(number) => Some(self.0.inner.store.checkpoints().get(task, number).await?),
            None => self.0.inner.store.tasks().latest_spec(task).await?,
        };
        match found {
            Some(checkpoint) => version(&checkpoint),
            None => {
                let asked = self.0.inner.store.runs().task(task).await?;
                let spec = Spec { instruction: asked.instruction, ..Spec::default() };
                Ok(SpecVersion { task_id: task, version: 0, by: asked.principal, spec })
            }
        }
    }

    /// Closes a task.
    ///
    /// # Errors
    /// A [`Problem`] if the task does not exist, the reason is empty, or a run of it has not ended.
    pub async fn close(self, task: &str, request: CloseRequest) -> Result<CloseAnswer, Problem> {
        self.0.caller.require(Scope::Execute)?;
        let task = self.find(task).await?;
        let reason = text("reason", super::budget::with_reason(&request.reason)?)?;
        let (end, state) = (request.state, request.state.into());
        let closing = Closing { task, end, reason, principal: self.0.caller.name().to_owned() };
        match self.0.inner.store.tasks().close(closing).await? {
            Closed::Closed { version } | Closed::Already { version } => {
                Ok(CloseAnswer { task_id: task, state, version })
            }
            Closed::RunActive(run, now) => Err(Problem::caller(
                ErrorCode::RunActive,
                format!("task {task} cannot be closed: run {run} of it is {now}"),
                "wait for the result of the run, or cancel it; then close the task",
            )
            .with(Operation::AwaitResult(run))
            .with(Operation::CancelRun(run))),
        }
    }

    /// Returns the task with this id or with the only id that begins with it.
    ///
    /// # Errors
    /// A [`Problem`] if no task or more than one matches.
    pub async fn find(self, id: &str) -> Result<TaskId, Problem> {
        self.0.caller.require(Scope::Read)?;
        let found = self.0.inner.store.tasks().find(id, self.0.caller.restricted_to()).await?;
        self.0.caller.annotate(|audited| audited.task = Some(found));
        Ok(found)
    }

    /// Returns a task with its specification, runs, decisions and human tasks.
    ///
    /// # Errors
    /// A [`Problem`] if the task does not exist or the principal may not see it.
    pub async fn get(self, task: TaskId) -> Result<TaskView, Problem> {
        self.0.caller.shown_task(&self.0.inner.store, task).await?;
        Ok(self.0.inner.store.tasks().get(task).await?)
    }

    /// Like [`get`](Self::get), with only the given run if there is one.
    ///
    /// # Errors
    /// A [`Problem`] if the task does not exist or the principal may not see it.
    pub async fn get_narrowed(self, task: TaskId, run: Option<RunId>) -> Result<TaskView, Problem> {
        let mut view = self.get(task).await?;
        view.runs.retain(|one| run.is_none_or(|run| one.run.id == run));
        Ok(view)
    }

    /// Lists tasks, newest first.
    ///
    /// # Errors
    /// A [`Problem`] if the filter names an unknown state, workspace or task.
    pub async fn list(self, filter: TasksFilter) -> Result<Vec<TaskSummary>, Problem> {
        Ok(self.page(filter).await?.tasks)
    }

    /// Lists tasks, with the place where the list goes on. A page of a filtered list can be short or empty before the end
    /// of the list.
    ///
    /// # Errors
    /// A [`Problem`] if the filter names an unknown state, workspace or task.
    pub async fn page(self, filter: TasksFilter) -> Result<TaskPage, Problem> {
        self.0.caller.require(Scope::Read)?;
        bounds::check(&filter)?;
        let state = filter.state.clone().map(Word::known).transpose()?;
        let filter = TaskFilter {
            states: state.into_iter().collect(),
            workspace: self.0.workspaces().filtered(filter.workspace.as_deref()).await?,
            principal: self.0.caller.restricted_to().map(str::to_owned),
            before: match filter.before.as_deref() {
                None => None,
                Some(id) => Some(self.find(id).await?),
            },
            limit: filter.page(),
            text: filter.q.filter(|text| !text.trim().is_empty()),
        };
        Ok(self.0.inner.store.tasks().page(filter).await?)
    }

    /// Returns the consensus rounds of a task, or of one run of it, and their results.
    ///
    /// # Errors
    /// A [`Problem`] if the task does not exist or the principal may not see it.
    pub async fn rounds(self, task: TaskId, run: Option<RunId>) -> Result<Vec<Round>, Problem> {
        self.0.caller.shown_task(&self.0.inner.store, task).await?;
        Ok(self.0.inner.store.runs().rounds(task, run).await?)
    }

    /// Resolves the id of a run, else the id of a task, to the task and the run.
    ///
    /// # Errors
    /// A [`Problem`] if neither id is given, or the task or run does not exist.
    pub async fn resolve(
        self,
        task: Option<&str>,
        run: Option<&str>,
    ) -> Result<(TaskId, Option<RunId>), Problem> {
        let given = |id: Option<&str>| id.map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned);
        match (given(task), given(run)) {
            (_, Some(run)) => {
                let run = self.0.runs().find(&run).await?;
                let task = self.0.inner.store.tasks().of_run(run).await?;
                Ok((task, Some(run)))
            }
            (Some(task), None) => Ok((self.find(&task).await?, None)),
            (None, None) => Err(Problem::caller(
                ErrorCode::NoTaskId,
                "neither task_id nor run_id is given",
                "give the task_id or the run_id that was answered with",
            )),
        }
    }
}

fn criteria(given: Vec<String>) -> Result<Vec<String>, Problem> {
    let kept: Vec<_> = given.iter().map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect();
    if kept.len() > MOST_CRITERIA {
        return Err(Problem::caller(
            ErrorCode::TooManyCriteria,
            format!("{} acceptance criteria are given; at most {MOST_CRITERIA} are taken", kept.len()),
            "put what belongs together into one",
        ));
    }
    kept.into_iter().map(|one| text("criterion", one)).collect()
}

fn spec_of(checkpoint: &Checkpoint) -> Option<Spec> {
    serde_json::from_value(checkpoint.content.clone()).ok()
}

fn version(checkpoint: &Checkpoint) -> Result<SpecVersion, Problem> {
    let Some(spec) = spec_of(checkpoint).filter(|_| checkpoint.kind == "spec") else {
        return Err(Problem::caller(
            ErrorCode::NotASpec,
            format!(
                "version {} of task {} is not a specification ({})",
                checkpoint.version, checkpoint.task, checkpoint.kind
            ),
            "leave the version out for the latest specification",
        ));
    };
    Ok(SpecVersion {
        task_id: checkpoint.task,
        version: checkpoint.version,
        by: checkpoint.principal.clone(),
        spec,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idempotency_key_is_not_part_of_the_digest() {
        let asked = |key: &str, instruction: &str| json!({ "init": { "instruction": instruction, "idempotency_key": key } });
        let made =
            |key: &str, instruction: &str| idempotency(Some(key.into()), asked(key, instruction)).unwrap();
        assert_eq!(made("a", "x").digest, made("b", "x").digest);
        assert_ne!(made("a", "x").digest, made("a", "y").digest);
        assert_eq!(idempotency(None, asked("a", "x")), None);
    }
}
