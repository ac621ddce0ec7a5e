//! `todo`: human tasks, and answers to runs that wait for a person.

use super::output::{Outcome, say, say_answer};
use super::request::{instruction, workspace};
use super::todo_args::{AddArgs, EditArgs, TodoCommand};
use jackfield::Host;
use jackfield_api::{
    HumanAction, HumanAnswer, HumanTaskEdit, HumanTaskRequest, HumanTaskStateFilter, HumanTasksFilter, Word,
};
use jackfield_render::text_people;
use jackfield_store::{HumanTaskKind, HumanTaskState};
use jackfield_types::{ErrorCode, Problem};
use serde_json::json;

pub(super) async fn todo(host: &Host, command: TodoCommand, json: bool) -> Result<Outcome, Problem> {
    let task = match command {
        TodoCommand::List { all, state, kind, workspace, limit } => {
            let state = if all { Some(HumanTaskStateFilter::Any.into()) } else { state.map(Word::read) };
            let kind = kind.map(Word::read);
            let filter =
                HumanTasksFilter { state, kind, workspace, limit: Some(limit), ..Default::default() };
            let tasks = host.human_tasks().list(filter).await?;
            say(json, || text_people::human_tasks(&tasks), &tasks);
            return Ok(Outcome::Fine);
        }
        TodoCommand::Answer { id, retry, accept, executor, model, note, .. } => {
            let action = match (&retry, accept) {
                (Some(_), _) => HumanAction::Retry,
                (None, true) => HumanAction::Accept,
                (None, false) => HumanAction::Stop,
            };
            let said = HumanAnswer { action, text: retry.unwrap_or(note), executor, model };
            say_answer(json, host.human_tasks().answer(&id, said).await?);
            return Ok(Outcome::Fine);
        }
        TodoCommand::Rm { id } => {
            let task = host.human_tasks().delete(&id).await?;
            say(json, || format!("deleted: {}", task.title), &json!({ "deleted": task }));
            return Ok(Outcome::Fine);
        }
        TodoCommand::Add(arguments) => host.human_tasks().create(added(arguments)?).await?,
        TodoCommand::Show { id } => host.human_tasks().get(&id).await?,
        TodoCommand::Edit(arguments) => {
            let (id, edit) = edited(arguments)?;
            host.human_tasks().update(&id, edit).await?
        }
        TodoCommand::Done { id, note } => {
            let edit =
                HumanTaskEdit { state: Some(HumanTaskState::Done.into()), note, ..HumanTaskEdit::default() };
            host.human_tasks().update(&id, edit).await?
        }
    };
    let told = || {
        let text = text_people::human_task(&task);
        match (task.kind, task.state) {
            (HumanTaskKind::Handoff, HumanTaskState::Open) => format!(
                "{text}\n\nAnswer: jackfield todo answer {} --retry \"what to do differently\" (or --accept, or --stop)",
                task.id
            ),
            _ => text,
        }
    };
    say(json, told, &task);
    Ok(Outcome::Fine)
}

fn added(arguments: AddArgs) -> Result<HumanTaskRequest, Problem> {
    Ok(HumanTaskRequest {
        title: arguments.title,
        body: instruction(&arguments.body)?,
        workspace: arguments.workspace.map(|given| workspace(&given)),
        task_id: arguments.task,
        run_id: arguments.run,
        priority: arguments.priority,
        due_at: arguments.due,
        idempotency_key: None,
    })
}

fn edited(arguments: EditArgs) -> Result<(String, HumanTaskEdit), Problem> {
    let EditArgs { id, title, body, priority, due, state, note } = arguments;
    let body = body.map(|body| instruction(&body)).transpose()?;
    let edit = HumanTaskEdit { title, body, priority, due_at: due, state: state.map(Word::read), note };
    if edit == HumanTaskEdit::default() {
        return Err(Problem::caller(
            ErrorCode::NoChange,
            "no change was given",
            "give at least one option, e.g. --title or --state",
        ));
    }
    Ok((id, edit))
}
