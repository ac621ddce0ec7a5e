//! Work that is handed in or kept track of, and what waits for people: tools with several actions.

use super::arguments::parse;
use super::asked::Asked;
use super::caller::Caller;
use super::output::{Said, answered, queued, said};
use jackfield_api::{ExecuteRequest, SpecRequest};
use jackfield_render::text_people;
use jackfield_types::Problem;
use serde_json::{Value, json};

pub(super) async fn dispatch(caller: &Caller<'_>, request: ExecuteRequest) -> Result<Said, Problem> {
    let host = &caller.host;
    let run = host.runs().dispatch(request).await?;
    queued(host.runs().handle(run).await?)
}

pub(super) async fn workflow(caller: &Caller<'_>, arguments: Value) -> Result<Said, Problem> {
    let asked = Asked::of(arguments, "task_id")?;
    let host = &caller.host;
    match asked.action.as_str() {
        "init" => {
            let answer = host.tasks().init(parse(asked.rest)?).await?;
            said(text_people::init(&answer), &answer)
        }
        "spec" => {
            let request: SpecRequest = parse(asked.rest.clone())?;
            let version = if request == SpecRequest::default() {
                host.tasks().spec(asked.id(), None).await?
            } else {
                host.tasks().specify(asked.id(), request).await?
            };
            said(text_people::spec(&version), &version)
        }
        "write" => {
            let answer = host.tasks().write_attempt(asked.id(), parse(asked.rest.clone())?).await?;
            said(text_people::written(&answer), &answer)
        }
        "close" => {
            let answer = host.tasks().close(asked.id(), parse(asked.rest.clone())?).await?;
            said(text_people::closed(&answer), &answer)
        }
        _ => Err(asked.unknown("init, spec, write, close")),
    }
}

pub(super) async fn task(caller: &Caller<'_>, arguments: Value) -> Result<Said, Problem> {
    let asked = Asked::of(arguments, "id")?;
    let host = &caller.host;
    let task = match asked.action.as_str() {
        "create" => host.human_tasks().create(parse(asked.rest)?).await?,
        "read" => {
            asked.no_more()?;
            host.human_tasks().get(asked.id()).await?
        }
        "update" => host.human_tasks().update(asked.id(), parse(asked.rest.clone())?).await?,
        "delete" => {
            asked.no_more()?;
            let task = host.human_tasks().delete(asked.id()).await?;
            return said(format!("deleted: {}", task.title), &json!({ "deleted": task }));
        }
        "answer" => {
            let answer = host.human_tasks().answer(asked.id(), asked.person()?).await?;
            return answered(answer);
        }
        "list" => {
            let tasks = host.human_tasks().list(parse(asked.rest)?).await?;
            return said(text_people::human_tasks(&tasks), &json!({ "human_tasks": tasks }));
        }
        _ => return Err(asked.unknown("create, read, update, delete, list, answer")),
    };
    said(text_people::human_task(&task), &task)
}
