//! How long the texts and lists of a request may be: one table, held against every request at every door, so that a field
//! that is not in it is bounded all the same. The OpenAPI description has the bounds; the schemas of MCP tools leave them
//! out, to stay small.

use jackfield_types::{ErrorCode, Problem};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Most characters of a text that is not named below.
const TEXT: usize = 1_000;
/// Most items of a list that is not named below.
const LIST: usize = 100;
/// Largest free-form value, characters of its JSON.
const FREE: usize = 64 << 10;

/// Texts with a bound of their own, characters. What is in a list is bounded by the list's name.
const TEXTS: [(&str, usize); 26] = [
    // Bounded in bytes, with an answer of its own.
    ("instruction", super::MAX_INSTRUCTION_BYTES),
    // Of a card too, which may be the transcript of a long conversation.
    ("body", 512 << 10),
    ("summary", FREE),
    ("notes", FREE),
    ("note", FREE),
    ("text", FREE),
    ("reason", 10_000),
    ("acceptance", 10_000),
    ("command", 32 << 10),
    ("workspace", 4_096),
    ("url", 4_096),
    ("executor", 200),
    ("executors", 200),
    ("model", 200),
    ("task_type", 200),
    ("complexity", 200),
    ("language", 200),
    ("verbosity", 200),
    ("stack", 200),
    ("keywords", 200),
    ("idempotency_key", 200),
    ("kind", 200),
    ("branch", 1_000),
    ("state", 200),
    ("digest", 200),
    ("name", 500),
];
/// Lists with a bound of their own, items.
const LISTS: [(&str, usize); 4] = [("acceptance", 200), ("checks", 32), ("gates", 32), ("stack", 64)];

/// Free-form values, which a component takes as they are.
const OPAQUE: &str = "config";

fn bound(table: &[(&str, usize)], name: &str, usual: usize) -> usize {
    table.iter().find(|(known, _)| *known == name).map_or(usual, |(_, most)| *most)
}

/// Most characters of the text field `name`.
pub fn text(name: &str) -> usize {
    bound(&TEXTS, name, TEXT)
}

/// Most items of the list field `name`.
pub fn list(name: &str) -> usize {
    bound(&LISTS, name, LIST)
}

/// Holds every text and list of a request against its bound.
///
/// # Errors
/// The problem `text_too_long` or `list_too_long`, which names the field and its bound.
pub fn check(request: &impl Serialize) -> Result<(), Problem> {
    match serde_json::to_value(request) {
        Ok(value) => held(&value, "", ""),
        Err(error) => {
            Err(Problem::caller(ErrorCode::BadRequest, error.to_string(), "send the request as documented"))
        }
    }
}

/// The same for one text.
pub fn check_text(name: &str, text: &str) -> Result<(), Problem> {
    held(&json!(text), name, name)
}

fn held(value: &Value, path: &str, name: &str) -> Result<(), Problem> {
    match value {
        Value::String(text) => {
            let (most, given) = (self::text(name), text.chars().count());
            // The instruction is bounded in bytes where it is read.
            if given > most && name != "instruction" {
                let what = format!("the field `{path}` has {given} characters; at most {most} are taken");
                return Err(Problem::caller(
                    ErrorCode::TextTooLong,
                    what,
                    "shorten it; material belongs in a file",
                ));
            }
            Ok(())
        }
        Value::Array(values) => {
            let (most, given) = (list(name), values.len());
            if given > most {
                let what = format!("the list `{path}` has {given} items; at most {most} are taken");
                return Err(Problem::caller(ErrorCode::ListTooLong, what, "send fewer of them"));
            }
            values.iter().try_for_each(|value| held(value, path, name))
        }
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if name != OPAQUE {
                return held(value, &path, name);
            }
            let given = value.to_string().chars().count();
            if given <= FREE {
                return Ok(());
            }
            let what = format!("the field `{path}` has {given} characters; at most {FREE} are taken");
            Err(Problem::caller(ErrorCode::TextTooLong, what, "shorten it; material belongs in a file"))
        }),
        _ => Ok(()),
    }
}

/// Puts the bounds into a schema of arguments: `maxLength` and `maxItems` of every text and list that has none.
pub fn describe(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Object(properties)) = fields.get_mut("properties") {
                properties.iter_mut().for_each(|(name, field)| describe_field(name, field));
            }
            fields.values_mut().for_each(describe);
        }
        Value::Array(values) => values.iter_mut().for_each(describe),
        _ => {}
    }
}

fn describe_field(name: &str, field: &mut Value) {
    let Value::Object(field) = field else { return };
    let is = |field: &Map<String, Value>, kind: &str| match field.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        one => one.is_some_and(|one| one == kind),
    };
    if is(field, "string") && !field.contains_key("enum") && !field.contains_key("format") {
        field.entry("maxLength").or_insert_with(|| json!(text(name)));
    }
    if is(field, "array") {
        field.entry("maxItems").or_insert_with(|| json!(list(name)));
        if let Some(Value::Object(items)) = field.get_mut("items")
            && is(items, "string")
            && !items.contains_key("enum")
        {
            items.entry("maxLength").or_insert_with(|| json!(text(name)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Check, ExecuteRequest, Gate};

    fn code(request: &ExecuteRequest) -> Option<String> {
        check(request).err().map(|problem| problem.code.to_string())
    }

    #[test]
    fn every_text_and_list_of_a_request_is_bounded() {
        let request = || ExecuteRequest::new("x");
        let long = "é".repeat(4_097);
        for asked in [
            ExecuteRequest { title: Some(long.clone()), ..request() },
            ExecuteRequest { workspace: Some(long.clone()), ..request() },
            ExecuteRequest { executor: Some(long.clone()), ..request() },
            ExecuteRequest { model: Some(long.clone()), ..request() },
            ExecuteRequest { task_type: Some(long.clone()), ..request() },
            ExecuteRequest { language: Some(long.clone()), ..request() },
            ExecuteRequest { verbosity: Some(long.clone()), ..request() },
            ExecuteRequest { idempotency_key: Some(long.clone()), ..request() },
            ExecuteRequest { stack: vec![long.clone()], ..request() },
            ExecuteRequest { keywords: vec![long.clone()], ..request() },
            ExecuteRequest {
                checks: vec![Check { name: Some(long.clone()), command: "true".into(), timeout_s: None }],
                ..request()
            },
            ExecuteRequest { gates: vec![Gate { kind: long.clone(), config: Map::new() }], ..request() },
            ExecuteRequest {
                gates: vec![Gate {
                    kind: "k".into(),
                    config: Map::from_iter([("a".to_owned(), json!("x".repeat(FREE)))]),
                }],
                ..request()
            },
        ] {
            assert_eq!(code(&asked).as_deref(), Some("text_too_long"), "{asked:?}");
        }
        let many = ExecuteRequest { keywords: vec!["x".into(); LIST + 1], ..request() };
        let problem = check(&many).unwrap_err();
        assert_eq!(problem.code, "list_too_long");
        assert!(problem.message.contains("`keywords`") && problem.message.contains("100"), "{problem}");
        let fits = ExecuteRequest {
            title: Some("é".repeat(TEXT)),
            keywords: vec!["x".repeat(200); LIST],
            instruction: "x".repeat(1 << 20),
            ..request()
        };
        assert_eq!(code(&fits), None);
    }

    #[test]
    fn field_without_a_bound_of_its_own_is_bounded() {
        let problem = check(&json!({ "colour": "x".repeat(TEXT + 1) })).unwrap_err();
        assert!(problem.message.contains("`colour`"), "{problem}");
    }

    #[test]
    fn schema_states_the_bounds() {
        let mut schema = json!({ "properties": {
            "model": { "type": ["string", "null"] },
            "keywords": { "type": "array", "items": { "type": "string" } },
            "state": { "type": "string", "enum": ["a"] },
            "checks": { "type": "array", "items": { "properties": { "command": { "type": "string" } } } },
        } });
        describe(&mut schema);
        let fields = &schema["properties"];
        assert_eq!(fields["model"]["maxLength"], 200);
        assert_eq!(
            (&fields["keywords"]["maxItems"], &fields["keywords"]["items"]["maxLength"]),
            (&json!(100), &json!(200))
        );
        assert!(fields["state"].get("maxLength").is_none());
        assert_eq!(fields["checks"]["items"]["properties"]["command"]["maxLength"], 32 << 10);
    }
}
