//! JSON Schemas, well-meant and hostile.

use jackfield_skills::{InvalidSchema, Schema};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn with(property: Value) -> Result<Schema, InvalidSchema> {
    Schema::new(json!({ "type": "object", "properties": { "a": property } }))
}

#[track_caller]
fn assert_refused(schema: Result<Schema, InvalidSchema>, text: &str) {
    let message = schema.unwrap_err().to_string();
    assert!(message.starts_with("unusable schema: ") && message.contains(text), "{message}");
}

#[test]
fn faults_have_a_path_and_do_not_repeat_the_value() {
    let schema = with(json!({ "type": "array", "items": { "type": "string", "maxLength": 3 } })).unwrap();
    let faults = schema.check(&json!({ "a": ["ok", 7, "secret"] })).unwrap_err();
    let paths: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(paths, ["/a/1", "/a/2"]);
    assert!(faults.iter().all(|fault| !fault.message.contains("secret")), "{faults:?}");
}

#[test]
fn faults_of_one_check_are_bounded() {
    let schema = with(json!({ "items": { "type": "string" } })).unwrap();
    let many: Vec<u32> = (0..1000).collect();
    assert_eq!(schema.check(&json!({ "a": many })).unwrap_err().len(), 20);
}

#[test]
fn reference_to_another_document_is_refused() {
    for target in [
        "http://127.0.0.1:9/a.json",
        "https://example.com/a",
        "file:///etc/passwd",
        "other.json",
        "urn:a",
        "//a",
    ] {
        assert_refused(with(json!({ "$ref": target })), "only `#/…` is allowed");
    }
    assert_refused(with(json!({ "$ref": "#/$defs/none" })), "is not a place of the schema");
    assert_refused(with(json!({ "$ref": "#/%24defs/none" })), "is not a place of the schema");
    assert_refused(with(json!({ "$id": "http://example.com/a", "type": "string" })), "`$id` is not allowed");
    assert_refused(with(json!({ "$dynamicRef": "#a" })), "`$dynamicRef` is not allowed");
    let meta = json!({ "type": "object", "$schema": "http://127.0.0.1:9/meta.json" });
    assert_refused(Schema::new(meta), "`$schema` must be");
}

#[test]
fn reference_under_the_name_of_a_keyword_is_seen() {
    let hidden = json!({ "type": "object", "properties": { "enum": { "$ref": "http://127.0.0.1:9/a" } } });
    assert_refused(Schema::new(hidden), "only `#/…` is allowed");
    let named = json!({ "type": "object", "properties": { "$ref": { "type": "string" }, "$id": {} } });
    assert!(Schema::new(named).unwrap().check(&json!({ "$ref": "a" })).is_ok());
}

#[test]
fn local_reference_is_followed() {
    let schema = json!({
        "type": "object", "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": { "a": { "$ref": "#/definitions/name" } }, "definitions": { "name": { "type": "string" } }
    });
    let schema = Schema::new(schema).unwrap();
    assert!(schema.check(&json!({ "a": "b" })).is_ok());
    assert!(schema.check(&json!({ "a": 1 })).is_err());
}

#[test]
fn circle_of_references_is_refused() {
    let circle = json!({
        "type": "object", "properties": { "a": { "$ref": "#/$defs/a" } },
        "$defs": { "a": { "allOf": [{ "$ref": "#/$defs/b" }] }, "b": { "allOf": [{ "$ref": "#/$defs/a" }] } }
    });
    assert_refused(Schema::new(circle), "leads back to itself");
    assert_refused(with(json!({ "$ref": "#/properties/a" })), "leads back to itself");
}

#[test]
fn bomb_of_references_is_refused() {
    let mut definitions = json!({ "d30": { "type": "string" } });
    for at in 0..30 {
        let next = json!({ "$ref": format!("#/$defs/d{}", at + 1) });
        definitions[format!("d{at}")] = json!({ "allOf": [next, next] });
    }
    let bomb =
        json!({ "type": "object", "properties": { "a": { "$ref": "#/$defs/d0" } }, "$defs": definitions });
    let start = Instant::now();
    assert!(Schema::new(bomb).is_err());
    assert!(start.elapsed() < Duration::from_secs(2));
    let mut definitions = json!({ "d12": { "type": "string" } });
    for at in 0..12 {
        let next = json!({ "$ref": format!("#/$defs/d{}", at + 1) });
        definitions[format!("d{at}")] = json!({ "anyOf": [next, next, next] });
    }
    let wide =
        json!({ "type": "object", "properties": { "a": { "$ref": "#/$defs/d0" } }, "$defs": definitions });
    assert_refused(Schema::new(wide), "with references written out");
}

#[test]
fn long_chain_of_references_is_refused_in_any_order() {
    for name in [|at: usize| format!("d{at:02}"), |at: usize| format!("d{:02}", 40 - at)] {
        let mut definitions = json!({ name(40): { "type": "string" } });
        for at in 0..40 {
            definitions[name(at)] = json!({ "not": { "$ref": format!("#/$defs/{}", name(at + 1)) } });
        }
        let start = format!("#/$defs/{}", name(0));
        let chain =
            json!({ "type": "object", "properties": { "a": { "$ref": start } }, "$defs": definitions });
        assert_refused(Schema::new(chain), "nested too deeply");
    }
}

#[test]
fn deep_schema_is_refused() {
    let mut deep = json!({ "type": "string" });
    for _ in 0..70 {
        deep = json!({ "not": deep });
    }
    assert_refused(with(deep), "nested too deeply");
    let mut data = json!(1);
    for _ in 0..70 {
        data = json!([data]);
    }
    assert_refused(with(json!({ "const": data })), "nested too deeply");
}

#[test]
fn pattern_of_exponential_time_takes_linear_time() {
    let schema = with(json!({ "type": "string", "pattern": "^(a|a)*(a+)+b$" })).unwrap();
    let start = Instant::now();
    assert!(schema.check(&json!({ "a": "a".repeat(100_000) })).is_err());
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn pattern_that_needs_backtracking_or_much_memory_is_refused() {
    assert!(with(json!({ "pattern": "^(?=a)(a+)\\1$" })).is_err());
    let start = Instant::now();
    assert!(with(json!({ "pattern": "((\\w{1000}){1000}){1000}" })).is_err());
    assert!(with(json!({ "patternProperties": { "(\\w{100}){100}": {} } })).is_err());
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn document_that_is_no_schema_of_an_object_is_refused() {
    for document in
        [json!(true), json!([]), json!({}), json!({ "type": "string" }), json!({ "type": ["object"] })]
    {
        assert_refused(Schema::new(document), "`type` must be `object`");
    }
    assert!(with(json!({ "type": "objekt" })).is_err());
    assert!(with(json!({ "minimum": "a" })).is_err());
    assert!(serde_json::from_value::<Schema>(json!({ "type": "object", "required": 1 })).is_err());
}

#[test]
fn check_of_a_large_value_is_bounded() {
    let one_of_many: Vec<Value> = (0..900).map(|at| json!({ "const": at })).collect();
    let schema = with(json!({ "anyOf": [{ "items": { "anyOf": one_of_many } }] })).unwrap();
    let check = |numbers: std::ops::Range<u32>| {
        let faults = schema.check(&json!({ "a": numbers.collect::<Vec<_>>() })).unwrap_err();
        assert_eq!(faults.len(), 1);
        faults[0].message.clone()
    };
    let start = Instant::now();
    assert!(check(0..10_000).starts_with("value is not valid; it is too large"));
    assert!(check(0..100_000).starts_with("value too large"));
    assert!(check(900..1000).starts_with("value is not valid under any"));
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn many_patterns_for_a_long_text_are_refused() {
    let patterns: Vec<Value> = (0..900).map(|at| json!({ "pattern": format!("[a-z]+{at}") })).collect();
    let schema = with(json!({ "anyOf": patterns })).unwrap();
    let faults = schema.check(&json!({ "a": "a".repeat(2 * 1024 * 1024) })).unwrap_err();
    assert!(faults[0].message.starts_with("value too large"), "{faults:?}");
}

#[test]
fn unique_items_are_checked_in_bounded_time() {
    let schema = with(json!({ "uniqueItems": true })).unwrap();
    let start = Instant::now();
    let values: Vec<Value> = (0..100_000).map(|at| json!({ "n": at })).collect();
    assert!(schema.check(&json!({ "a": values })).is_ok());
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn reason_for_an_unusable_schema_names_the_place() {
    let message = with(json!({ "pattern": "(?=a)" })).unwrap_err().to_string();
    assert_eq!(message, "unusable schema: \"(?=a)\" is not a \"regex\" at /properties/a/pattern");
}
