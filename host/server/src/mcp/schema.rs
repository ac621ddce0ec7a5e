//! Schemas of arguments: made from the types that take them, and made small.

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};
use std::sync::Arc;

/// The arguments' schema, without what only costs tokens or confuses clients.
pub(super) fn schema<T: JsonSchema>() -> JsonObject {
    let generator =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true).into_generator();
    let mut value = generator.into_root_schema_for::<T>().to_value();
    lighten(&mut value);
    match value {
        Value::Object(mut object) => {
            // The tool's own description says it.
            object.remove("description");
            object
        }
        _ => JsonObject::new(),
    }
}

/// A tool whose arguments are one type.
pub(super) fn tool<T: JsonSchema>(
    name: &'static str,
    description: &'static str,
    annotations: ToolAnnotations,
) -> Tool {
    Tool::new(name, description, Arc::new(schema::<T>())).with_annotations(annotations)
}

fn lighten(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.remove("$schema");
            // The name of a type; a field may be called so too, and then it is no text here.
            if object.get("title").is_some_and(Value::is_string) {
                object.remove("title");
            }
            let numeric = object.get("format").and_then(Value::as_str).is_some_and(|format| format != "uri");
            if numeric {
                object.remove("format");
            }
            if object.get("default") == Some(&Value::Null) {
                object.remove("default");
            }
            if object.get("minimum").and_then(Value::as_u64) == Some(0) {
                object.remove("minimum");
            }
            without_null(object);
            as_enum(object);
            object.values_mut().for_each(lighten);
        }
        Value::Array(values) => values.iter_mut().for_each(lighten),
        _ => {}
    }
}

/// What may be left out need not be told that it may be null too: some models' dialects of schema
/// have no alternatives of type, and their clients drop such a field.
fn without_null(object: &mut JsonObject) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    let Some(Value::Array(choices)) = object.get_mut("anyOf") else { return };
    choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
    let only = match choices.as_mut_slice() {
        [Value::Object(only)] => std::mem::take(only),
        _ => return,
    };
    object.remove("anyOf");
    for (name, value) in only {
        // The field's own description says more than its type's.
        object.entry(name).or_insert(value);
    }
}

/// Words of which each has a meaning of its own, as a plain list: the field's description says the meanings.
fn as_enum(object: &mut JsonObject) {
    let Some(Value::Array(choices)) = object.get("oneOf") else { return };
    let words = choices.iter().map(|choice| {
        choice
            .get("const")
            .cloned()
            .map(|word| vec![word])
            .or_else(|| choice.get("enum").and_then(Value::as_array).cloned())
    });
    let Some(words) = words.collect::<Option<Vec<_>>>() else { return };
    object.remove("oneOf");
    object.insert("type".to_owned(), json!("string"));
    object.insert("enum".to_owned(), json!(words.concat()));
}

/// The same without the fields' descriptions: for a tool beside one that has them.
pub(super) fn bare(mut schema: JsonObject) -> JsonObject {
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    for field in fields.into_iter().flat_map(|fields| fields.values_mut()).filter_map(Value::as_object_mut) {
        field.remove("description");
    }
    schema
}

/// One flat schema for a tool with several actions, each with fields of its own: clients that take no
/// alternatives take this. A field says which actions it is for.
pub(super) fn actions(id: (&str, &str), kinds: Vec<(&str, JsonObject)>) -> JsonObject {
    let mut fields = JsonObject::new();
    let mut users: Vec<(String, Vec<&str>)> = Vec::new();
    for (action, schema) in &kinds {
        let own = schema.get("properties").and_then(Value::as_object);
        for (name, field) in own.into_iter().flatten() {
            fields.entry(name.clone()).or_insert_with(|| field.clone());
            match users.iter_mut().find(|(known, _)| known == name) {
                Some((_, actions)) => actions.push(action),
                None => users.push((name.clone(), vec![action])),
            }
        }
    }
    for (name, actions) in users {
        let Some(Value::Object(field)) = fields.get_mut(&name) else { continue };
        let said = field.get("description").and_then(Value::as_str).unwrap_or_default();
        let said = format!("{}: {said}", actions.join(", "));
        field.insert("description".to_owned(), said.trim_end_matches([':', ' ']).into());
    }
    let names: Vec<_> = kinds.iter().map(|(action, _)| *action).collect();
    let needs = kinds.iter().filter_map(|(action, schema)| {
        let needed = schema.get("required").and_then(Value::as_array)?;
        let needed: Vec<_> = needed.iter().filter_map(Value::as_str).collect();
        (!needed.is_empty()).then(|| format!("{action} needs {}", needed.join(", ")))
    });
    let said = needs.collect::<Vec<_>>().join("; ");
    fields.insert("action".to_owned(), json!({ "type": "string", "enum": names, "description": said }));
    fields.insert(id.0.to_owned(), json!({ "type": "string", "description": id.1 }));
    let whole = json!({
        "type": "object", "properties": fields, "required": ["action"], "additionalProperties": false,
    });
    match whole {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    }
}
