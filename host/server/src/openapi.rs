//! The description of REST as OpenAPI 3.1, made from the routes and from the types that they take and answer.

use super::operation::{Answer, Content, Operation};
use super::refused::ProblemDocument;
use super::schemas::{Schemas, without_null};
use axum::extract::OriginalUri;
use axum::response::{IntoResponse, Response};
use jackfield_api::bounds;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Where it is served.
pub(super) const PATH: &str = "/openapi.json";
/// The description, made when it is asked for first.
#[derive(Clone)]
pub(super) struct Described(Arc<Kept>);

struct Kept {
    operations: Vec<Operation>,
    made: OnceLock<Value>,
}

impl Described {
    pub(super) fn new(operations: Vec<Operation>) -> Self {
        Self(Arc::new(Kept { operations, made: OnceLock::new() }))
    }

    pub(super) fn answer(&self, uri: &OriginalUri) -> Response {
        let mut described = self.0.made.get_or_init(|| document(&self.0.operations)).clone();
        // A router that is nested under a path tells its clients so.
        let below = uri.path().strip_suffix(PATH).filter(|below| !below.is_empty());
        if let Some(fields) = described.as_object_mut() {
            fields.insert("servers".into(), json!([{ "url": below.unwrap_or("/") }]));
        }
        axum::Json(described).into_response()
    }
}

/// The whole description, of a router that is not nested.
fn document(operations: &[Operation]) -> Value {
    let mut schemas = Schemas::new();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for operation in operations {
        let described = schemas.operation(operation);
        paths.entry(operation.path).or_default().insert(operation.method.as_str().to_lowercase(), described);
    }
    let problem = content(Content::Problem, &mut schemas.said);
    let mut paths = json!(paths);
    let schemas = schemas.finish(&mut paths);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Jackfield",
            "version": jackfield::VERSION,
            "description": "Runs AI coding agents as durable, budgeted, auditable work. Whatever is refused is told as a \
                            problem document with a stable `code`, who can fix it, and a `remedy`.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": { "Problem": {
                "description": "It was refused, or could not be done.",
                "content": problem,
            } },
            "securitySchemes": {
                "bearer": {
                    "type": "http", "scheme": "bearer",
                    "description": "`Authorization: Bearer TOKEN`. The names beside it are the scopes that the token needs.",
                },
                "token": {
                    "type": "apiKey", "in": "header", "name": "x-auth-token",
                    "description": "The same token, for callers that have no say over `Authorization`.",
                },
            },
        },
    })
}

impl Schemas {
    fn operation(&mut self, operation: &Operation) -> Value {
        let mut fields = Map::from_iter([
            ("operationId".to_owned(), json!(operation.id)),
            ("summary".to_owned(), json!(operation.summary)),
            ("tags".to_owned(), json!([tag(operation.path)])),
            ("parameters".to_owned(), self.parameters(operation).into()),
            ("responses".to_owned(), self.responses(operation).into()),
        ]);
        let needed = operation.needs.map(|scope| json!([{ "bearer": [scope] }, { "token": [scope] }]));
        fields.insert("security".to_owned(), needed.unwrap_or_else(|| json!([])));
        if let Some(takes) = operation.takes {
            let content = content(takes, &mut self.asked);
            fields.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
        }
        fields.into()
    }

    fn parameters(&mut self, operation: &Operation) -> Vec<Value> {
        let mut all: Vec<Value> = in_path(operation.path).map(path_parameter).collect();
        for described in &operation.query {
            all.extend(query_parameters(&described(&mut self.asked)));
        }
        let mut header = |wanted: bool, name: &str, said: &str, pattern: &str| {
            let schema = match pattern {
                "" => json!({ "type": "string" }),
                pattern => json!({ "type": "string", "pattern": pattern }),
            };
            let one = json!({ "name": name, "in": "header", "description": said, "schema": schema });
            all.extend(wanted.then_some(one));
        };
        let key = "The same key and the same request is the same piece of work: it is not begun twice.";
        header(operation.idempotent, "Idempotency-Key", key, "^[!-~]{1,200}$");
        let tag = "The `ETag` of the answer that the caller has.";
        header(operation.tagged, "If-None-Match", tag, "");
        let seen = "With `stream=true`: the id of the last event that was seen, which wins over `after`.";
        header(operation.resumed, "Last-Event-ID", seen, "^[0-9]{1,15}$");
        all
    }

    fn responses(&mut self, operation: &Operation) -> Map<String, Value> {
        let mut all: BTreeMap<u16, (String, Map<String, Value>)> = BTreeMap::new();
        for Answer { status, said, content: what } in &operation.answers {
            let (description, media) = all.entry(*status).or_default();
            *description = format!("{description} {said}").trim().to_owned();
            media.extend(content(*what, &mut self.said));
        }
        if operation.tagged {
            all.entry(304).or_default().0.push_str("The caller has it already.");
        }
        let refused = [
            (401, "The token is missing, wrong or no longer good."),
            (403, "The token is not good for this, or the request comes from a place that is not let in."),
            (
                429,
                "More was asked with the token than the limits allow; `Retry-After` says when to ask again.",
            ),
        ];
        for (status, said) in refused.into_iter().filter(|_| operation.needs.is_some()) {
            all.insert(status, (said.to_owned(), content(Content::Problem, &mut self.said)));
        }
        let mut told: Map<String, Value> = Map::new();
        for (status, (description, media)) in all {
            let mut one = Map::from_iter([("description".to_owned(), Value::String(description))]);
            let headers = if status == 200 { headers(operation) } else { Map::new() };
            for (name, part) in [("headers", headers), ("content", media)] {
                if !part.is_empty() {
                    one.insert(name.to_owned(), part.into());
                }
            }
            told.insert(status.to_string(), one.into());
        }
        told.insert("default".to_owned(), json!({ "$ref": "#/components/responses/Problem" }));
        told
    }
}

/// A body by its media type.
fn content(content: Content, schemas: &mut SchemaGenerator) -> Map<String, Value> {
    let (media, schema) = match content {
        Content::Nothing => return Map::new(),
        Content::Json(described) => ("application/json", described(schemas).to_value()),
        Content::Problem => {
            ("application/problem+json", schemas.subschema_for::<ProblemDocument>().to_value())
        }
        Content::Raw(media) => (media, json!({ "type": "string" })),
        Content::Events(described) => {
            // OpenAPI 3.1 has no words for a stream; what one event's data is stands beside.
            let data = described(schemas).to_value();
            ("text/event-stream", json!({ "x-event-data": data }))
        }
    };
    Map::from_iter([(media.to_owned(), json!({ "schema": schema }))])
}

fn headers(operation: &Operation) -> Map<String, Value> {
    let header = |said: &str| json!({ "description": said, "schema": { "type": "string" } });
    let tag = ("ETag".to_owned(), header("Names this very answer; send it back as `If-None-Match`."));
    let link = ("Link".to_owned(), header("`<…>; rel=\"next\"`: the next page, where there may be one."));
    Map::from_iter(operation.tagged.then_some(tag).into_iter().chain(operation.paged.then_some(link)))
}

/// The names in braces.
fn in_path(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(name: &str) -> Value {
    let (said, schema) = match name {
        "run" => (
            "The run's id, or as much of its beginning as is its own.",
            json!({ "type": "string", "minLength": 1 }),
        ),
        "id" => (
            "Its id, or as much of its beginning as is its own.",
            json!({ "type": "string", "minLength": 1 }),
        ),
        "kind" => (
            "What it decides.",
            json!({ "type": "string", "enum": ["executor", "chooser", "compressor", "gate", "judge"] }),
        ),
        "file" => ("Which file.", json!({ "type": "string", "enum": ["log", "diff", "work"] })),
        "attempt" => ("The attempt's id.", json!({ "type": "string", "minLength": 26, "maxLength": 26 })),
        "workspace" => ("The workspace's id.", json!({ "type": "string", "minLength": 26, "maxLength": 26 })),
        _ => ("Its name.", json!({ "type": "string", "minLength": 1 })),
    };
    json!({ "name": name, "in": "path", "required": true, "description": said, "schema": schema })
}

/// Each field of a query as a parameter of its own. What may be left out is never null: it is not there.
fn query_parameters(query: &Schema) -> Vec<Value> {
    let required = query.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut query = query.clone().to_value();
    bounds::describe(&mut query);
    let fields = query.get("properties").and_then(Value::as_object).into_iter().flatten();
    let parameter = |(name, field): (&String, &Value)| {
        let mut schema = without_null(field.clone());
        let said = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let required = required.iter().any(|one| one == name);
        json!({ "name": name, "in": "query", "required": required, "description": said, "schema": schema })
    };
    fields.map(parameter).collect()
}

/// What an operation is listed under.
fn tag(path: &str) -> &'static str {
    match path.trim_start_matches("/api").trim_start_matches('/').split('/').next().unwrap_or_default() {
        "execute" | "runs" | "choose" => "runs",
        "tasks" if path.starts_with("/tasks") => "runs",
        "tasks" | "workflow" => "tasks",
        "human-tasks" => "people",
        "breaker" => "money",
        "plugins" => "components",
        "webhooks" => "webhooks",
        "tokens" | "audit" => "access",
        "worker" => "workers elsewhere",
        _ => "host",
    }
}
