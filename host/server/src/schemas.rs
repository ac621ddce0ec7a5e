//! Schemas of the types that routes take and answer, in the form that tools for OpenAPI like best.

use jackfield_api::bounds;
use schemars::SchemaGenerator;
use schemars::generate::{Contract, SchemaSettings};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Where the schemas of named types are in the description.
const SAID: &str = "/components/schemas";
/// Where those of what is read are, while it is made.
const ASKED: &str = "/components/asked";
/// What a type is called that reads otherwise than it writes, where it is read.
const INPUT: &str = "Input";

/// Schemas by name: of what is written by the host, and of what it reads. They differ where a field may be left out.
pub(super) struct Schemas {
    pub(super) said: SchemaGenerator,
    pub(super) asked: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let generator = |contract: Contract, path: &'static str| {
            let settings = SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = path.into();
                settings.meta_schema = None;
                settings.contract = contract;
            });
            settings.into_generator()
        };
        Self { said: generator(Contract::Serialize, SAID), asked: generator(Contract::Deserialize, ASKED) }
    }

    /// The named schemas, those that read and write alike once; and `paths` with the names that they have here.
    pub(super) fn finish(mut self, paths: &mut Value) -> Map<String, Value> {
        let mut named = self.said.take_definitions(true);
        let asked = self.asked.take_definitions(true);
        let as_said = |schema: &Value| {
            let mut schema = schema.clone();
            settle_names(&mut schema, &BTreeSet::new());
            schema
        };
        let mut differ: BTreeSet<String> = BTreeSet::new();
        // What refers to a type that differs differs too.
        loop {
            let more = asked.iter().filter(|(name, schema)| {
                let said = named.get(*name);
                !differ.contains(*name)
                    && said.is_some_and(|said| as_said(schema) != *said || refers(schema, &differ))
            });
            let more: Vec<String> = more.map(|(name, _)| name.clone()).collect();
            if more.is_empty() {
                break;
            }
            differ.extend(more);
        }
        for (name, mut schema) in asked {
            // What is only read is described with its bounds; what is written, too, is as it is there.
            if differ.contains(&name) || !named.contains_key(&name) || name.ends_with("Request") {
                bounds::describe(&mut schema);
            }
            settle_names(&mut schema, &differ);
            let name = if differ.contains(&name) { format!("{name}{INPUT}") } else { name };
            named.insert(name, schema);
        }
        settle_names(paths, &differ);
        named.values_mut().chain([paths]).for_each(plain);
        hoisted(named)
    }
}

/// The type that a reference among those of what is read leads to.
fn asked_name(reference: &str) -> Option<&str> {
    reference.strip_prefix('#')?.strip_prefix(ASKED)?.strip_prefix('/')
}

fn refers(schema: &Value, names: &BTreeSet<String>) -> bool {
    match schema {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str).and_then(asked_name);
            own.is_some_and(|name| names.contains(name)) || fields.values().any(|field| refers(field, names))
        }
        Value::Array(items) => items.iter().any(|item| refers(item, names)),
        _ => false,
    }
}

/// Has references to what is read lead to where all schemas stand, under another name where that differs.
fn settle_names(value: &mut Value, differ: &BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get_mut("$ref")
                && let Some(name) = asked_name(reference)
            {
                let kind = if differ.contains(name) { INPUT } else { "" };
                *reference = format!("#{SAID}/{name}{kind}");
            }
            fields.values_mut().for_each(|field| settle_names(field, differ));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| settle_names(item, differ)),
        _ => {}
    }
}

/// What tools understand, in place of what only few do: bounds for Rust's names of number formats, `{}` for `true`,
/// one list of words for alternatives of one word each; and no default that says nothing.
fn plain(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let format = fields.get("format").and_then(Value::as_str).unwrap_or_default().to_owned();
            if format.starts_with("uint") {
                let most = if format == "uint32" { u64::from(u32::MAX) } else { u64::MAX };
                fields.remove("format");
                fields.entry("minimum").or_insert_with(|| json!(0));
                fields.entry("maximum").or_insert_with(|| json!(most));
            }
            if fields.get("default") == Some(&Value::Null) {
                fields.remove("default");
            }
            as_enum(fields);
            let properties = fields.get_mut("properties").and_then(Value::as_object_mut);
            let anything =
                properties.into_iter().flat_map(Map::values_mut).filter(|field| **field == json!(true));
            anything.for_each(|field| *field = json!({}));
            for place in ["items", "schema"] {
                if let Some(field) = fields.get_mut(place).filter(|field| **field == json!(true)) {
                    *field = json!({});
                }
            }
            fields.values_mut().for_each(plain);
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}

/// Words of which each has a meaning of its own as a plain list, with the meanings in the description.
fn as_enum(fields: &mut Map<String, Value>) {
    let Some(choices) = fields.get("oneOf").and_then(Value::as_array) else { return };
    let mut words = Vec::new();
    let mut meanings = String::new();
    for choice in choices {
        match (choice.get("const"), choice.get("enum").and_then(Value::as_array)) {
            (Some(word @ Value::String(text)), None) => {
                words.push(word.clone());
                if let Some(meaning) = choice.get("description").and_then(Value::as_str) {
                    meanings += &format!("\n- `{text}`: {meaning}");
                }
            }
            (None, Some(more)) => words.extend(more.clone()),
            _ => return,
        }
    }
    fields.remove("oneOf");
    fields.insert("type".to_owned(), json!("string"));
    fields.insert("enum".to_owned(), words.into());
    if !meanings.is_empty() {
        let said = fields.get("description").and_then(Value::as_str).unwrap_or_default();
        fields.insert("description".to_owned(), format!("{said}\n{meanings}").trim().into());
    }
}

/// What alternatives hold as schemas with names of their own: generators that make classes of them name them so too.
fn hoisted(mut named: Map<String, Value>) -> Map<String, Value> {
    let mut more = Map::new();
    for (name, schema) in &mut named {
        let choices = schema.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten();
        let inner = choices.filter_map(|choice| choice.get_mut("properties")?.as_object_mut());
        for (field, schema) in inner.flatten() {
            if schema.get("properties").is_some() {
                let mut letters = field.chars();
                let field: String =
                    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
                let reference = json!({ "$ref": format!("#{SAID}/{name}{field}") });
                more.insert(format!("{name}{field}"), std::mem::replace(schema, reference));
            }
        }
    }
    named.extend(more);
    named
}

/// What may be left out and is never null: it is not there.
pub(super) fn without_null(mut schema: Value) -> Value {
    let Some(fields) = schema.as_object_mut() else { return schema };
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            fields.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(words)) = fields.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    if let Some(Value::Array(choices)) = fields.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            fields.remove("anyOf");
            fields.extend(only);
        }
    }
    schema
}
