//! Schemas of the tools whose arguments are not those of one type.

use super::arguments::ANSWER;
use super::schema::{actions, bare, schema};
use jackfield_api::{
    CloseRequest, ExecuteRequest, HumanAnswer, HumanTaskEdit, HumanTaskRequest, HumanTasksFilter,
    InitRequest, SpecRequest, WriteRequest,
};
use rmcp::model::JsonObject;
use serde_json::{Value, json};

/// The schema, with what only this door takes.
pub(super) fn with_on_close(mut schema: JsonObject, described: bool) -> JsonObject {
    let mut field = json!({ "type": "string", "enum": ["keep", "cancel"] });
    if described && let Some(field) = field.as_object_mut() {
        let said = "The run, if you close the connection; default: as configured.";
        field.insert("description".to_owned(), said.into());
    }
    if let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        fields.insert("on_close".to_owned(), field);
    }
    schema
}

/// Fields of `execute` that are taken everywhere and told only there.
const UNUSUAL: [&str; 10] = [
    "base",
    "stack",
    "keywords",
    "language",
    "role",
    "effort",
    "access",
    "prompt_syntax",
    "verbosity",
    "complexity",
];

/// As `execute`, by the names that a dispatcher has for the same; without what is about waiting.
pub(super) fn dispatch_schema() -> JsonObject {
    let mut schema = bare(schema::<ExecuteRequest>());
    if let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        fields.retain(|name, _| !UNUSUAL.contains(&name.as_str()));
        for (from, to) in [("instruction", "prompt"), ("title", "name"), ("workspace", "cwd"), ("wait_s", "")]
        {
            if let Some(field) = fields.remove(from).filter(|_| !to.is_empty()) {
                fields.insert(to.to_owned(), field);
            }
        }
        fields.insert("workspace".to_owned(), json!({ "type": "string" }));
    }
    schema.insert("required".to_owned(), json!(["prompt"]));
    schema
}

/// The fields of `execute` that matter here; the host knows the rest too.
pub(super) fn consensus_schema() -> JsonObject {
    let mut schema = bare(schema::<ExecuteRequest>());
    let kept = ["instruction", "workspace", "checks", "gates", "max_cost_usd", "wait_s"];
    if let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        fields.retain(|name, _| kept.contains(&name.as_str()));
        let names = json!({ "type": "array", "items": { "type": "string" } });
        fields.insert("executors".to_owned(), names);
    }
    with_on_close(schema, false)
}

pub(super) fn workflow_schema() -> JsonObject {
    let usual = |mut schema: JsonObject| {
        if let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            fields.retain(|name, _| !UNUSUAL.contains(&name.as_str()));
            if let Some(class) = fields.get_mut("failure_class") {
                *class = json!({ "type": "string", "description": "Why it failed: test_fail, timeout, …" });
            }
        }
        schema
    };
    actions(
        ("task_id", "For all but init."),
        vec![
            ("init", usual(schema::<InitRequest>())),
            ("spec", schema::<SpecRequest>()),
            ("write", usual(schema::<WriteRequest>())),
            ("close", schema::<CloseRequest>()),
        ],
    )
}

/// A person's answer, whose `action` has another name where `action` is the tool's.
fn answer_schema() -> JsonObject {
    let mut schema = schema::<HumanAnswer>();
    if let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut)
        && let Some(action) = fields.remove("action")
    {
        fields.insert(ANSWER.to_owned(), action);
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        let named = required.iter_mut().filter(|name| *name == "action");
        named.for_each(|name| *name = ANSWER.into());
    }
    schema
}

pub(super) fn task_schema() -> JsonObject {
    actions(
        ("id", "For read, update, delete and answer."),
        vec![
            ("create", schema::<HumanTaskRequest>()),
            ("read", JsonObject::new()),
            ("update", schema::<HumanTaskEdit>()),
            ("delete", JsonObject::new()),
            ("list", schema::<HumanTasksFilter>()),
            ("answer", answer_schema()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_of_several_actions_names_them() {
        let schema = workflow_schema();
        let said = |field: &str| schema["properties"][field]["description"].as_str().unwrap().to_owned();
        assert!(said("instruction").starts_with("init, spec: "), "{}", said("instruction"));
        assert!(said("latency_ms").starts_with("write: "));
        let dispatch = dispatch_schema();
        let fields = dispatch["properties"].as_object().unwrap();
        assert!(["prompt", "name", "cwd", "workspace"].iter().all(|name| fields.contains_key(*name)));
        assert!(!["instruction", "title", "wait_s"].iter().any(|name| fields.contains_key(*name)));
    }
}
