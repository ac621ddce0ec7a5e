//! `todo`: human tasks, and answers to runs that wait for a person.

use super::commands::{instruction, workspace};
use super::output::{Outcome, say, say_answer};
use clap::{Args, Subcommand};
use jackfield::Host;
use jackfield_api::{
    HumanAction, HumanAnswer, HumanTaskEdit, HumanTaskRequest, HumanTaskStateFilter, HumanTasksFilter, Word,
};
use jackfield_render::text_people;
use jackfield_store::{HumanTaskKind, HumanTaskState};
use jackfield_types::{ErrorCode, Problem};
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(crate) enum TodoCommand {
    /// List open human tasks and runs that wait for a decision
    List {
        /// Include done and cancelled tasks
        #[arg(long, conflicts_with = "state")]
        all: bool,
        /// Filter by state: open, done, cancelled [default: open]
        #[arg(long)]
        state: Option<String>,
        /// Filter by kind: todo, handoff
        #[arg(long)]
        kind: Option<String>,
        /// Filter by workspace
        #[arg(long, short)]
        workspace: Option<String>,
        /// Maximum number of tasks to list
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Create a human task
    Add(AddArgs),
    /// Show a human task
    Show {
        /// Human task ID or unique prefix
        id: String,
    },
    /// Edit a human task
    Edit(EditArgs),
    /// Mark a human task as done
    Done {
        /// Human task ID or unique prefix
        id: String,
        /// Note, recorded with the task
        #[arg(long)]
        note: Option<String>,
    },
    /// Answer a run that waits for a decision
    #[command(group = clap::ArgGroup::new("what").required(true))]
    Answer {
        /// Human task ID or unique prefix
        id: String,
        /// Try again with this instruction for the agent
        #[arg(long, group = "what", value_name = "TEXT")]
        retry: Option<String>,
        /// Accept the work as it is
        #[arg(long, group = "what")]
        accept: bool,
        /// End the run as failed
        #[arg(long, group = "what")]
        stop: bool,
        /// Executor of the next attempt, with --retry [default: the previous one]
        #[arg(long, short, requires = "retry")]
        executor: Option<String>,
        /// Model of the next attempt, with --retry
        #[arg(long, short, requires = "retry")]
        model: Option<String>,
        /// Note, recorded with the answer
        #[arg(long, conflicts_with = "retry", default_value = "")]
        note: String,
    },
    /// Delete a human task
    Rm {
        /// Human task ID or unique prefix
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// Title
    title: String,
    /// Description; `-` reads it from standard input
    #[arg(long, default_value = "")]
    body: String,
    /// Workspace: a configured name or a path
    #[arg(long, short)]
    workspace: Option<String>,
    /// ID of a related task
    #[arg(long, value_name = "ID")]
    task: Option<String>,
    /// ID of a related run
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Priority; higher is listed first
    #[arg(long, allow_hyphen_values = true)]
    priority: Option<i32>,
    /// Due date or time, UTC
    #[arg(long, value_name = "WHEN")]
    due: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// Human task ID or unique prefix
    id: String,
    /// Title
    #[arg(long)]
    title: Option<String>,
    /// Description; `-` reads it from standard input
    #[arg(long)]
    body: Option<String>,
    /// Priority; higher is listed first
    #[arg(long, allow_hyphen_values = true)]
    priority: Option<i32>,
    /// Due date or time, UTC; empty removes it
    #[arg(long, value_name = "WHEN")]
    due: Option<String>,
    /// State: open, done or cancelled
    #[arg(long)]
    state: Option<String>,
    /// Note, recorded with the task
    #[arg(long)]
    note: Option<String>,
}

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
