//! Schemas: one alternative for each kind, which the samples of the kind fit in their fields.

use crate::samples::{of_host, of_run};
use jackfield_model::{HostEvent, HostEventRecord, RunEvent, RunEventRecord};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// The schema of what is written.
fn schema<T: JsonSchema>() -> Value {
    SchemaSettings::default().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
}

fn assert_described(schema: &Value, name: &str, fields: &[&str], kinds: &[&str]) {
    let alternatives = schema["anyOf"].as_array().unwrap();
    let (other, known) = alternatives.split_last().unwrap();
    let described: Vec<_> =
        known.iter().map(|one| one["properties"]["kind"]["const"].as_str().unwrap()).collect();
    assert_eq!(described, kinds);
    for alternative in alternatives {
        assert!(alternative["title"].as_str().unwrap().starts_with(name), "{alternative}");
        assert!(!alternative["description"].as_str().unwrap().is_empty(), "{alternative}");
        let required = json!([fields, &["kind", "payload"]].concat());
        assert_eq!(alternative["required"], required);
        let properties = alternative["properties"].as_object().unwrap();
        assert_eq!(properties.len(), required.as_array().unwrap().len(), "{alternative}");
    }
    assert_eq!(other["properties"]["kind"], json!({ "type": "string" }));
    assert_eq!(other["properties"]["payload"], json!({}), "an event of a later version fits");
}

#[test]
fn schema_of_an_event_of_a_run_has_an_alternative_for_each_kind() {
    let schema = schema::<RunEventRecord>();
    assert_described(&schema, "RunEvent", &["seq", "at", "attempt"], RunEvent::KINDS);
}

#[test]
fn schema_of_an_event_of_the_host_has_an_alternative_for_each_kind() {
    let schema = schema::<HostEventRecord>();
    assert_described(&schema, "HostEvent", &["seq", "at", "subject"], HostEvent::KINDS);
}

/// The fields of an object schema, of all alternatives where there are several.
fn fields(schema: &Value, whole: &Value) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return fields(whole.pointer(reference.trim_start_matches('#')).unwrap(), whole);
    }
    let own = schema["properties"].as_object().into_iter().flat_map(|fields| fields.keys().cloned());
    let inner = schema["anyOf"].as_array().into_iter().flatten().flat_map(|one| fields(one, whole));
    own.chain(inner).collect()
}

#[test]
fn schema_of_a_payload_has_the_fields_of_its_samples() {
    let schemas = [schema::<RunEventRecord>(), schema::<HostEventRecord>()];
    for (whole, samples) in schemas.iter().zip([of_run(), of_host()]) {
        let alternatives = whole["anyOf"].as_array().unwrap();
        for (kind, payload) in samples {
            let own = alternatives.iter().find(|one| one["properties"]["kind"]["const"] == kind).unwrap();
            let described = fields(&own["properties"]["payload"], whole);
            let written = payload.as_object().into_iter().flat_map(|fields| fields.keys());
            let missing: Vec<_> = written.filter(|field| !described.contains(field)).collect();
            assert!(missing.is_empty(), "the schema of {kind} lacks {missing:?}");
        }
    }
}
