//! Human tasks: to-dos and handed-over runs. `answer.rs` has the answer to a handed-over run.

use super::texts::{idempotency, text};
use crate::handles::HumanTasks;
use jackfield_api::{HumanTaskEdit, HumanTaskRequest, HumanTaskStateFilter, HumanTasksFilter, Word, bounds};
use jackfield_store::{HumanTask, HumanTaskChange, HumanTaskFilter, HumanTaskKind, NewHumanTask};
use jackfield_types::{
    ErrorCode, HumanTaskId, Operation, Problem, RunId, Scope, TaskId, Timestamp, WorkspaceId,
};
use serde_json::{Value, json};

/// Longest title, bytes.
const LONGEST_TITLE: usize = 200;

/// The workspace, task and run of a to-do.
#[derive(Debug, Clone, Copy, Default)]
struct About {
    workspace: Option<WorkspaceId>,
    task: Option<TaskId>,
    run: Option<RunId>,
}

impl HumanTasks<'_> {
    /// Creates a to-do for a person.
    ///
    /// # Errors
    /// A [`Problem`] if the title is invalid, or the workspace, task or run does not exist.
    pub async fn create(self, request: HumanTaskRequest) -> Result<HumanTask, Problem> {
        self.0.caller.require(Scope::Execute)?;
        let title = title(&request.title)?;
        bounds::check(&request)?;
        let about = self.about(&request).await?;
        let asked = json!({ "human_task": request });
        let idempotency = idempotency(request.idempotency_key.clone(), asked);
        let new = NewHumanTask {
            id: HumanTaskId::new(),
            kind: HumanTaskKind::Todo,
            workspace: about.workspace,
            task: about.task,
            run: about.run,
            title,
            body: text("body", request.body)?,
            evidence: Value::Null,
            priority: request.priority.unwrap_or_default(),
            due_at: due(request.due_at.as_deref().unwrap_or_default())?,
            created_by: self.0.caller.name().to_owned(),
            idempotency,
        };
        Ok(self.0.inner.store.human_tasks().add(new).await?)
    }

    /// Returns the human task with this id or with the only id that begins with it.
    ///
    /// # Errors
    /// A [`Problem`] if no human task or more than one matches.
    pub async fn get(self, id: &str) -> Result<HumanTask, Problem> {
        let id = self.0.caller.shown_human_task(&self.0.inner.store, id).await?;
        Ok(self.0.inner.store.human_tasks().get(id).await?)
    }

    /// Lists human tasks: open ones first, then by priority, newest first.
    ///
    /// # Errors
    /// A [`Problem`] if the filter names an unknown state, kind, workspace, task or run.
    pub async fn list(self, filter: HumanTasksFilter) -> Result<Vec<HumanTask>, Problem> {
        self.0.caller.require(Scope::Read)?;
        bounds::check(&filter)?;
        let state = filter.state.clone().unwrap_or(HumanTaskStateFilter::Open.into()).known()?;
        let filter = HumanTaskFilter {
            state: state.state(),
            kind: filter.kind.clone().map(Word::known).transpose()?,
            workspace: self.0.workspaces().filtered(filter.workspace.as_deref()).await?,
            task: match filter.task_id.as_deref() {
                None => None,
                Some(id) => Some(self.0.tasks().find(id).await?),
            },
            run: match filter.run_id.as_deref() {
                None => None,
                Some(id) => Some(self.0.runs().find(id).await?),
            },
            principal: self.0.caller.restricted_to().map(str::to_owned),
            limit: filter.page(),
            skip: filter.skip.unwrap_or_default(),
        };
        Ok(self.0.inner.store.human_tasks().list(filter).await?)
    }

    /// Changes the text, priority, due date or state of a to-do. Returns it as it is then. Of a handed-over run only
    /// the priority and the due date can change.
    ///
    /// # Errors
    /// A [`Problem`] if the human task does not exist, or the edit would change a handed-over run.
    pub async fn update(self, id: &str, edit: HumanTaskEdit) -> Result<HumanTask, Problem> {
        self.0.caller.require(Scope::Execute)?;
        bounds::check(&edit)?;
        let task = self.get(id).await?;
        let says = edit.title.is_some() || edit.body.is_some() || edit.state.is_some() || edit.note.is_some();
        if says && task.kind == HumanTaskKind::Handoff {
            return Err(answer_it("changed", &task));
        }
        let change = HumanTaskChange {
            title: edit.title.as_deref().map(title).transpose()?,
            body: edit.body.map(|body| text("body", body)).transpose()?,
            priority: edit.priority,
            due_at: edit.due_at.as_deref().map(due).transpose()?,
            state: edit.state.map(Word::known).transpose()?,
            answer: edit.note.map(|note| text("note", note)).transpose()?.map(|note| json!({ "text": note })),
        };
        let changed = self.0.inner.store.human_tasks().change(task.id, change, self.0.caller.name()).await;
        Ok(changed?)
    }

    /// Deletes a to-do. Returns it as it was.
    ///
    /// # Errors
    /// A [`Problem`] if the human task does not exist or is a handed-over run.
    pub async fn delete(self, id: &str) -> Result<HumanTask, Problem> {
        self.0.caller.require(Scope::Execute)?;
        let task = self.get(id).await?;
        if task.kind == HumanTaskKind::Handoff {
            return Err(answer_it("deleted", &task));
        }
        Ok(self.0.inner.store.human_tasks().delete(task.id, self.0.caller.name()).await?)
    }

    /// Resolves the workspace, task and run of a to-do: a run determines its task, a task its workspace.
    async fn about(self, request: &HumanTaskRequest) -> Result<About, Problem> {
        let store = &self.0.inner.store;
        let mut about = About::default();
        if let Some(id) = &request.run_id {
            let run = self.0.runs().find(id).await?;
            about.run = Some(run);
            about.task = Some(store.tasks().of_run(run).await?);
        }
        if let Some(id) = &request.task_id {
            let task = self.0.tasks().find(id).await?;
            if about.task.is_some_and(|of_run| of_run != task) {
                return Err(Problem::caller(
                    ErrorCode::NotOfTask,
                    format!("the run is not one of task {task}"),
                    "leave task_id out: the run says which task it is of",
                ));
            }
            about.task = Some(task);
        }
        about.workspace = match (&request.workspace, about.task) {
            (Some(name), _) => Some(self.0.inner.runs.places.known_workspace(name).await?.id),
            (None, Some(task)) => Some(store.runs().task(task).await?.workspace),
            (None, None) => None,
        };
        Ok(about)
    }
}

fn answer_it(what: &str, task: &HumanTask) -> Problem {
    let or_cancel = if task.run.is_some() { "; or cancel its run" } else { "" };
    Problem::caller(
        ErrorCode::Handoff,
        format!("{} is a run that was handed over: it is answered, and cannot be {what}", task.id),
        format!("answer it with retry, accept or stop{or_cancel}"),
    )
    .with(Operation::AnswerHumanTask(task.id))
    .with(task.run.map(Operation::CancelRun))
}

fn title(title: &str) -> Result<String, Problem> {
    let title = title.trim();
    if title.is_empty() || title.len() > LONGEST_TITLE || title.contains(['\n', '\r', '\0']) {
        return Err(Problem::caller(
            ErrorCode::BadTitle,
            "the title is empty, longer than a line, or more than one",
            format!(
                "say in one line, of at most {LONGEST_TITLE} bytes, what is to be done; the rest goes into the body"
            ),
        ));
    }
    Ok(title.to_owned())
}

/// Parses a due time. A date means the end of that day; an empty text means no due time.
fn due(text: &str) -> Result<Option<Timestamp>, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let whole = if text.len() == "2026-12-31".len() { format!("{text}T23:59:59Z") } else { text.to_owned() };
    whole.parse().map(Some).map_err(|_| {
        Problem::caller(
            ErrorCode::BadTime,
            format!("'{text}' is neither a date nor a time"),
            "write 2026-12-31 or 2026-12-31T17:00:00Z",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_date_without_a_time_is_the_end_of_the_day() {
        assert_eq!(due("").unwrap(), None);
        assert_eq!(due("2026-12-31").unwrap(), Some("2026-12-31T23:59:59Z".parse().unwrap()));
        assert_eq!(due("2026-12-31T17:00:00+01:00").unwrap(), Some("2026-12-31T16:00:00Z".parse().unwrap()));
        for bad in ["tomorrow", "2026-13-01", "31.12.2026"] {
            assert_eq!(due(bad).unwrap_err().code, "bad_time", "{bad}");
        }
    }

    #[test]
    fn title_is_one_line_with_text() {
        assert_eq!(title("  Look at the bill ").unwrap(), "Look at the bill");
        for bad in [String::new(), " \t".into(), "one\ntwo".into(), "x".repeat(LONGEST_TITLE + 1)] {
            assert_eq!(title(&bad).unwrap_err().code, "bad_title", "{bad:?}");
        }
    }
}
