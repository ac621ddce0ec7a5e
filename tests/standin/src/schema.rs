//! Values made to fit a JSON schema: what a model would fill in.

use serde_json::{Map, Value, json};

/// A value that fits: the required properties of objects, the first choice of alternatives.
pub(crate) fn fitting(schema: &Value) -> Value {
    if let Some(constant) = schema.get("const").or_else(|| schema.get("enum")?.get(0)) {
        return constant.clone();
    }
    if let Some(first) = ["anyOf", "oneOf", "allOf"].iter().find_map(|&any| schema.get(any)?.get(0)) {
        return fitting(first);
    }
    let kind = schema.get("type").and_then(|kind| kind.as_str().or_else(|| kind.get(0)?.as_str()));
    match kind.unwrap_or("object").to_ascii_lowercase().as_str() {
        "object" => Value::Object(required(schema)),
        "array" => json!([schema.get("items").map_or(json!("stand-in"), fitting)]),
        "integer" => schema.get("minimum").cloned().unwrap_or(json!(7)),
        "number" => schema.get("minimum").cloned().unwrap_or(json!(0.5)),
        "boolean" => json!(true),
        "null" => Value::Null,
        _ => json!("stand-in"),
    }
}

fn required(schema: &Value) -> Map<String, Value> {
    let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    names
        .filter_map(Value::as_str)
        .filter_map(|name| Some((name.to_owned(), fitting(schema.get("properties")?.get(name)?))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_required_is_filled_in() {
        let schema = json!({"type": "object", "required": ["kind", "count"], "properties": {
            "kind": {"enum": ["a", "b"]}, "count": {"type": ["integer", "null"], "minimum": 2},
            "note": {"type": "string"}}});
        assert_eq!(fitting(&schema), json!({"kind": "a", "count": 2}));
    }
}
