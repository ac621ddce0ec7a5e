//! Requests as callers write them: fields in camelCase or by another usual name, `null` for what is left out, one text
//! where a list is taken. What fits as it is costs nothing more; what does not is put right, or refused with every field
//! that is missing or unknown and the name that was probably meant.

use jackfield::clip;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Other names of fields, after camelCase became `snake_case`. One counts where the request has the second field and not
/// the first.
const ALIASES: [(&str, &str); 9] = [
    ("repo", "workspace"),
    ("repository", "workspace"),
    ("cwd", "workspace"),
    ("workspace_id", "workspace"),
    ("prompt", "instruction"),
    ("name", "title"),
    ("status", "state"),
    ("card_id", "task_id"),
    ("human_task_id", "id"),
];
/// Lists of names, which a text may give with commas.
const NAMES: [&str; 3] = ["stack", "keywords", "executors"];
/// Fields that hold what a component takes, which nothing here changes.
const OPAQUE: [&str; 1] = ["config"];
/// Longest message about a request, bytes: a part of it may be quoted.
const LONGEST: usize = 2_000;

/// A request from JSON.
///
/// # Errors
/// What does not fit, in words.
pub(super) fn read<T: for<'de> Deserialize<'de> + JsonSchema>(value: Value) -> Result<T, String> {
    match T::deserialize(&value) {
        Ok(read) => Ok(read),
        Err(error) => mended(value, &error.to_string()),
    }
}

/// The same for what was found not to fit as it is, with the reason.
pub(super) fn mended<T: for<'de> Deserialize<'de> + JsonSchema>(
    mut value: Value,
    why: &str,
) -> Result<T, String> {
    let schema = schema::<T>();
    let mut wrong = Vec::new();
    mend(&mut value, &schema, &mut wrong);
    if wrong.is_empty() {
        match T::deserialize(&value) {
            Ok(read) => return Ok(read),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    if wrong.is_empty() {
        wrong.push(why.to_owned());
    }
    Err(clip(&wrong.join("; "), LONGEST))
}

/// The pairs of a query by the names that `T` has for them.
///
/// # Errors
/// Which name is unknown, or given twice.
pub(super) fn names<T: JsonSchema>(pairs: Vec<(String, String)>) -> Result<Vec<(String, String)>, String> {
    let schema = schema::<T>();
    let known: BTreeSet<&str> = properties(&schema).map(|(name, _)| name).collect();
    let mut named: Vec<(String, String)> = Vec::new();
    for (name, value) in pairs {
        let Some(own) = own_name(&name, &known) else { return Err(unknown(&name, &known)) };
        if let Some((_, other)) = named.iter().find(|(other, _)| *other == own) {
            return Err(format!(
                "`{own}` is given twice, as '{}' and '{}'",
                clip(other, 100),
                clip(&value, 100)
            ));
        }
        named.push((own, value));
    }
    Ok(named)
}

/// Takes a field out under whichever spelling it is given; `null` is not given.
///
/// # Errors
/// Which spellings have two values.
pub(super) fn take(fields: &mut Map<String, Value>, name: &str) -> Result<Option<Value>, String> {
    let known = BTreeSet::from([name]);
    let spelled: Vec<String> = fields.keys().filter(|key| own_name(key, &known).is_some()).cloned().collect();
    let mut taken: Option<Value> = None;
    for key in spelled {
        let value = fields.remove(&key).filter(|value| !value.is_null());
        if let (Some(one), Some(other)) = (&taken, &value)
            && one != other
        {
            return Err(format!("`{name}` is given two values"));
        }
        taken = value.or(taken);
    }
    Ok(taken)
}

fn schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// The fields of an object, of all alternatives where there are several.
fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let own = std::iter::once(schema);
    let others =
        ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|key| schema.get(key)?.as_array()).flatten();
    own.chain(others)
        .filter_map(|schema| schema.get("properties")?.as_object())
        .flatten()
        .map(|(name, field)| (name.as_str(), field))
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The schema of a list's items, where a list is taken.
fn items(schema: &Value) -> Option<&Value> {
    let choices = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    std::iter::once(schema).chain(choices).find_map(|schema| schema.get("items"))
}

fn mend(value: &mut Value, schema: &Value, wrong: &mut Vec<String>) {
    match value {
        Value::Object(fields) => mend_object(fields, schema, wrong),
        Value::Array(values) => {
            if let Some(items) = items(schema) {
                values.iter_mut().for_each(|value| mend(value, items, wrong));
            }
        }
        _ => {}
    }
}

fn mend_object(fields: &mut Map<String, Value>, schema: &Value, wrong: &mut Vec<String>) {
    let known: BTreeSet<&str> = properties(schema).map(|(name, _)| name).collect();
    // Anything is taken.
    if known.is_empty() {
        return;
    }
    let given: Vec<String> = fields.keys().filter(|name| !known.contains(name.as_str())).cloned().collect();
    for name in given {
        let Some(own) = own_name(&name, &known) else {
            wrong.push(unknown(&name, &known));
            continue;
        };
        let value = fields.remove(&name).unwrap_or_default();
        match fields.get(&own).filter(|other| !other.is_null()) {
            Some(other) if *other != value && !value.is_null() => {
                wrong.push(format!("`{name}` and `{own}` are the same field and are given two values"));
            }
            Some(_) => {}
            None => drop(fields.insert(own, value)),
        }
    }
    // What may be left out may be null.
    fields.retain(|_, value| !value.is_null());
    for (name, field) in properties(schema) {
        let Some(value) = fields.get_mut(name).filter(|_| !OPAQUE.contains(&name)) else { continue };
        match value {
            Value::String(text) if takes_texts(field) => {
                let several = NAMES.contains(&name);
                let parts = text.split(|letter| several && letter == ',').map(str::trim);
                let parts = parts.filter(|part| !part.is_empty()).map(|part| Value::String(part.to_owned()));
                *value = Value::Array(parts.collect());
            }
            _ => mend(value, field, wrong),
        }
    }
    let missing: Vec<String> =
        required(schema).filter(|name| !fields.contains_key(*name)).map(|name| format!("`{name}`")).collect();
    match missing.as_slice() {
        [] => {}
        [one] => wrong.push(format!("missing field {one}")),
        several => wrong.push(format!("missing fields {}", several.join(", "))),
    }
}

fn takes_texts(schema: &Value) -> bool {
    let is_text =
        |kind: &Value| kind == "string" || kind.as_array().is_some_and(|all| all.contains(&"string".into()));
    !schema.get("type").is_some_and(is_text)
        && items(schema).and_then(|items| items.get("type")).is_some_and(|kind| kind == "string")
}

fn own_name(name: &str, known: &BTreeSet<&str>) -> Option<String> {
    let plain = snake(name);
    if known.contains(plain.as_str()) {
        return Some(plain);
    }
    let meant = ALIASES.iter().find(|(other, own)| *other == plain && known.contains(own));
    meant.map(|(_, own)| (*own).to_owned())
}

/// `taskType` and `task-type` as `task_type`.
fn snake(name: &str) -> String {
    let mut plain = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !plain.is_empty() && !plain.ends_with('_') {
            plain.push('_');
        }
        plain.push(if letter == '-' { '_' } else { letter.to_ascii_lowercase() });
    }
    plain
}

fn unknown(name: &str, known: &BTreeSet<&str>) -> String {
    let said = format!("unknown field `{}`", clip(name, 100));
    let plain = snake(&clip(name, 100));
    let near = |own: &&&str| {
        let most = if own.len() < 5 { 1 } else { 2 };
        own.starts_with(&plain) || plain.starts_with(**own) || distance(&plain, own) <= most
    };
    match known.iter().filter(near).min_by_key(|own| distance(&plain, own)) {
        Some(meant) => format!("{said}: did you mean `{meant}`?"),
        None => {
            let all: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("{said}, expected one of {}", all.join(", "))
        }
    }
}

/// How many letters one name is away from another.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut before = index;
        let mut left = index + 1;
        let mut next = vec![left];
        for (above, own) in row.iter().skip(1).zip(&other) {
            left = (left + 1).min(above + 1).min(before + usize::from(letter != *own));
            before = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_api::{ExecuteRequest, RunsFilter, WriteRequest};
    use serde_json::json;

    fn execute(value: Value) -> Result<ExecuteRequest, String> {
        read(value)
    }

    #[test]
    fn other_spelling_of_a_field_is_accepted() {
        let asked = json!({
            "prompt": "do it", "repo": "/r", "taskType": "docs", "stack": "node, react", "keywords": null,
            "maxAttempts": 2, "idempotencyKey": "k", "model": null, "checks": [{ "command": "true", "timeoutS": 5 }],
        });
        let request = execute(asked).unwrap();
        assert_eq!((request.instruction.as_str(), request.workspace.as_deref()), ("do it", Some("/r")));
        assert_eq!((request.task_type.as_deref(), request.max_attempts), (Some("docs"), Some(2)));
        assert_eq!(request.stack, ["node", "react"]);
        assert_eq!(request.checks[0].timeout_s, Some(5));
        assert!(request.keywords.is_empty() && request.idempotency_key.as_deref() == Some("k"));
    }

    #[test]
    fn configuration_of_a_component_is_left_unchanged() {
        let asked = json!({ "instruction": "x", "repo": "/r",
            "gates": [{ "kind": "k", "config": { "camelCase": null, "repo": 1 } }] });
        let config = execute(asked).unwrap().gates[0].config.clone();
        assert_eq!(Value::Object(config), json!({ "camelCase": null, "repo": 1 }));
    }

    #[test]
    fn two_spellings_of_a_field_with_different_values_are_refused() {
        let error = execute(json!({ "instruction": "x", "repo": "/a", "workspace": "/b" })).unwrap_err();
        assert!(error.contains("`repo` and `workspace`"), "{error}");
        assert!(execute(json!({ "instruction": "x", "repo": "/a", "workspace": "/a" })).is_ok());
    }

    #[test]
    fn unknown_field_is_refused_with_the_nearest_known_one() {
        for (given, meant) in
            [("excutor", "executor"), ("max_cost", "max_cost_usd"), ("timeout", "timeout_s")]
        {
            let error = execute(json!({ "instruction": "x", given: 1 })).unwrap_err();
            assert!(error.contains(given) && error.contains(&format!("did you mean `{meant}`")), "{error}");
        }
        let error = execute(json!({ "instruction": "x", "colour": "red" })).unwrap_err();
        assert!(error.contains("colour") && error.contains("`workspace`"), "{error}");
    }

    #[test]
    fn every_missing_field_is_named_at_once() {
        let error = read::<WriteRequest>(json!({ "cost_usd": 1.0 })).unwrap_err();
        assert_eq!(error, "missing fields `executor`, `outcome`, `latency_ms`");
    }

    #[test]
    fn query_accepts_the_same_spellings() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let named = names::<RunsFilter>(vec![pair("workspaceId", "w"), pair("status", "failed")]).unwrap();
        assert_eq!(named, [pair("workspace", "w"), pair("state", "failed")]);
        let twice = names::<RunsFilter>(vec![pair("state", "failed"), pair("status", "queued")]).unwrap_err();
        assert!(twice.contains("`state` is given twice"), "{twice}");
        assert!(names::<RunsFilter>(vec![pair("stat", "x")]).unwrap_err().contains("did you mean `state`"));
    }

    #[test]
    fn long_unknown_name_is_cut_in_the_answer() {
        let error = execute(json!({ "instruction": "x", "y".repeat(1 << 20): 1 })).unwrap_err();
        assert!(error.len() <= LONGEST + '…'.len_utf8(), "{}", error.len());
    }
}
