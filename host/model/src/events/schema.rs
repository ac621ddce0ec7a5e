//! Schemas of events: one alternative for each kind.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

/// A kind of event in a schema.
pub(crate) struct Kind {
    pub(crate) kind: &'static str,
    pub(crate) variant: &'static str,
    pub(crate) about: &'static str,
    pub(crate) payload: Schema,
}

/// An enum of events.
pub(crate) trait Kinds {
    /// Every kind that it knows.
    fn each(generator: &mut SchemaGenerator) -> Vec<Kind>;
}

/// The schema of a record that is the fields of `Fields` with the `kind` and `payload` of an event.
///
/// Each alternative has every field, because generators of clients do not combine the alternatives of a schema with the
/// properties beside them. They are `anyOf`, since the last one allows every event, those of later versions among them.
pub(crate) fn record<Fields: JsonSchema, Events: Kinds>(
    generator: &mut SchemaGenerator,
    name: &str,
    about: &str,
) -> Schema {
    let fields = Fields::json_schema(generator);
    let kinds = Events::each(generator).into_iter().map(|known| {
        let kind = json_schema!({ "type": "string", "const": known.kind });
        alternative(&fields, &format!("{name}{}", known.variant), &prose(known.about), kind, known.payload)
    });
    let mut all: Vec<Value> = kinds.collect();
    let other = "An event that this version does not know: a new kind, or another payload.";
    let (kind, payload) = (json_schema!({ "type": "string" }), Schema::default());
    all.push(alternative(&fields, &format!("{name}Other"), other, kind, payload));
    json_schema!({ "description": about, "anyOf": all })
}

fn alternative(fields: &Schema, title: &str, about: &str, kind: Schema, payload: Schema) -> Value {
    let mut alternative = fields.as_object().cloned().unwrap_or_default();
    alternative.insert("title".to_owned(), title.into());
    alternative.insert("description".to_owned(), about.into());
    let known = [("kind", kind), ("payload", payload)];
    if let Some(Value::Object(properties)) = alternative.get_mut("properties") {
        properties.extend(known.map(|(name, schema)| (name.to_owned(), schema.to_value())));
    }
    if let Some(Value::Array(required)) = alternative.get_mut("required") {
        required.extend(["kind", "payload"].map(Value::from));
    }
    alternative.into()
}

/// A doc comment as running text.
fn prose(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
