//! Answers as clients get them: text that stands alone, and the same with its handles as structured content.
//!
//! Some programs show their model the structured content in place of the text, others the text alone. So
//! each holds the whole answer, and neither more than a model should read; the rest is in `_meta`, for programs.
//! See `docs/decisions/0011-answers-of-tools.md`.

use super::choice::Answers;
use super::text_of::plain;
use crate::mcp::resources;
use crate::remedies;
use jackfield_api::{Answer, Handle};
use jackfield_render::text_people;
use jackfield_types::{ErrorCode, Problem};
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Resource};
use serde::Serialize;
use serde_json::{Value, json};

/// Where in `_meta` of a result its data is, for programs.
const DATA: &str = "jackfield/data";
/// The field of structured content that is the text.
const ANSWER: &str = "answer";

/// An answer: text that stands alone, the same as data, and where to read more.
pub(super) struct Said {
    pub(super) text: String,
    pub(super) data: Value,
    pub(super) links: Vec<Resource>,
}

pub(super) fn said(text: String, data: &impl Serialize) -> Result<Said, Problem> {
    let data = serde_json::to_value(data).map_err(|error| {
        Problem::operator(ErrorCode::UnreadableAnswer, error.to_string(), "report this as a bug")
    })?;
    Ok(Said { text: plain(&text), data, links: Vec::new() })
}

/// The compressed text, what to do next where something is left to do, and links to the rest.
pub(super) fn answered(answer: Answer) -> Result<Said, Problem> {
    let answer = answer.named(remedies::tool);
    let next = answer.next.as_ref().map(|next| format!("\n{next}")).unwrap_or_default();
    let said = said(format!("{}{next}", answer.text), &answer)?;
    Ok(Said { links: resources::links(&answer), ..said })
}

/// A run that was queued, and what to do next.
pub(super) fn queued(handle: Handle) -> Result<Said, Problem> {
    let handle = handle.named(remedies::tool);
    said(text_people::handle(&handle), &handle)
}

/// What of an answer's data is told with the text, since the next call needs it: name and type.
type Field = (&'static str, &'static str);

/// The handles of a tool's answer: those that are always there, and those that may be.
fn handles(tool: &str) -> (&'static [Field], &'static [Field]) {
    match tool {
        "execute" | "dispatch" | "result" | "cancel" | "retry" | "consensus" => {
            (&[("run_id", "string"), ("state", "string"), ("task_id", "string")], &[])
        }
        "workflow" => (&[], &[("task_id", "string"), ("state", "string")]),
        "task" => (&[], &[("id", "string"), ("state", "string"), ("run_id", "string")]),
        "card" => {
            (&[], &[("id", "string"), ("state", "string"), ("stage", "string"), ("version", "integer")])
        }
        "recipe" => (&[], &[("version", "integer")]),
        "orchestrator_status" => {
            (&[("breaker", "string"), ("queued", "integer"), ("running", "integer")], &[])
        }
        "workers" => (&[("queue_length", "integer")], &[]),
        "breaker" => (&[], &[("state", "string")]),
        _ => (&[], &[]),
    }
}

/// The schema of a tool's structured content.
pub(super) fn schema(tool: &str) -> JsonObject {
    let (always, sometimes) = handles(tool);
    let mut fields = JsonObject::new();
    fields.insert(ANSWER.to_owned(), json!({ "type": "string" }));
    for (name, kind) in always.iter().chain(sometimes) {
        fields.insert((*name).to_owned(), json!({ "type": kind }));
    }
    let mut required = vec![ANSWER];
    required.extend(always.iter().map(|(name, _)| *name));
    JsonObject::from_iter([
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), Value::Object(fields)),
        ("required".to_owned(), json!(required)),
    ])
}

/// What a client is given.
pub(super) fn result(tool: &str, said: Said, answers: Answers) -> CallToolResult {
    let mut content = vec![ContentBlock::text(&said.text)];
    content.extend(said.links.into_iter().map(ContentBlock::resource_link));
    let mut result = CallToolResult::success(content);
    if answers == Answers::Data {
        let (always, sometimes) = handles(tool);
        let mut fields = JsonObject::from_iter([(ANSWER.to_owned(), Value::String(said.text))]);
        for (name, _) in always.iter().chain(sometimes) {
            let value = said.data.get(name).filter(|value| !value.is_null());
            fields.extend(value.map(|value| ((*name).to_owned(), value.clone())));
        }
        result.structured_content = Some(Value::Object(fields));
    }
    with_data(result, said.data)
}

/// What a client is given where the call was refused: never structured, so that every model reads the text.
pub(super) fn refused(problem: &Problem) -> CallToolResult {
    let problem = problem.clone().named(remedies::tool);
    let result = CallToolResult::error(vec![ContentBlock::text(plain(&problem.to_string()))]);
    with_data(result, serde_json::to_value(&problem).unwrap_or_default())
}

fn with_data(mut result: CallToolResult, data: Value) -> CallToolResult {
    result.meta.get_or_insert_default().0.insert(DATA.to_owned(), data);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structured_content_begins_with_the_text_and_is_small() {
        let data = json!({ "run_id": "r", "state": "succeeded", "task_id": "t", "files": ["a", "b"] });
        let given = result("execute", said("flowchart LR".into(), &data).unwrap(), Answers::Data);
        let structured = given.structured_content.unwrap();
        assert!(structured.to_string().starts_with(r#"{"answer":"flowchart LR""#), "{structured}");
        assert!(structured.get("files").is_none(), "the rest is for programs");
        let required = schema("execute")["required"].clone();
        assert!(
            required.as_array().unwrap().iter().all(|name| structured.get(name.as_str().unwrap()).is_some())
        );
        assert_eq!(given.meta.unwrap().0[DATA], data);
    }

    #[test]
    fn text_only_answers_and_refusals_have_no_structured_content() {
        let alone = result("execute", said("flowchart LR".into(), &json!({})).unwrap(), Answers::Text);
        assert_eq!(alone.structured_content, None);
        let refused = refused(&Problem::caller(ErrorCode::BadArguments, "no", "call again"));
        assert_eq!((refused.structured_content, refused.is_error), (None, Some(true)));
    }
}
