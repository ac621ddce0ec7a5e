//! The kinds, each with the JSON Schema of its config.

use crate::facts::GateKind;
use alloc::borrow::ToOwned;
use alloc::vec;
use alloc::vec::Vec;

const FILE_EXISTS: &str = r#"{
  "type": "object", "required": ["path"], "additionalProperties": false,
  "properties": {
    "path": { "type": "string", "description": "A file, or a glob: docs/**/*.md" },
    "min": { "type": "integer", "minimum": 0, "default": 1, "description": "Fewest files that match" },
    "max": { "type": "integer", "minimum": 0, "description": "Most files that match; 0 with min 0: none may be there" }
  },
  "examples": [{ "path": "README.md" }, { "path": "**/*.orig", "min": 0, "max": 0 }]
}"#;

const CONTENT_CHECK: &str = r#"{
  "type": "object", "required": ["path"], "additionalProperties": false,
  "description": "Every file that matches keeps every rule; at least one must match. Texts are plain, no patterns. Files are UTF-8, at most 4 MiB each.",
  "properties": {
    "path": { "type": "string", "description": "A file, or a glob: src/**/*.rs" },
    "contains": { "type": ["string", "array"], "items": { "type": "string" }, "description": "A text that must be in it, or several" },
    "not_contains": { "type": ["string", "array"], "items": { "type": "string" }, "description": "A text that must not be in it, or several" },
    "min_lines": { "type": "integer", "minimum": 0 },
    "max_lines": { "type": "integer", "minimum": 0 },
    "ignore_case": { "type": "boolean", "default": false }
  },
  "examples": [
    { "path": "CHANGELOG.md", "contains": "Unreleased" },
    { "path": "src/**/*.rs", "not_contains": ["todo!(", "dbg!("], "max_lines": 400 }
  ]
}"#;

const ARTIFACT_EXISTS: &str = r#"{
  "type": "object", "required": ["kind"], "additionalProperties": false,
  "properties": {
    "kind": { "type": "string", "description": "diff: the files that were changed" },
    "label_contains": { "type": "string" },
    "min_bytes": { "type": "integer", "minimum": 0, "default": 0 }
  },
  "examples": [{ "kind": "diff" }]
}"#;

const METRIC_THRESHOLD: &str = r#"{
  "type": "object", "required": ["metric"], "additionalProperties": false,
  "anyOf": [{ "required": ["min"] }, { "required": ["max"] }],
  "properties": {
    "metric": { "type": "string", "description": "files-changed, lines-added, lines-removed, diff-bytes, cost-usd, input-tokens, output-tokens, checks-passed, checks-failed" },
    "min": { "type": "number" },
    "max": { "type": "number" }
  },
  "examples": [{ "metric": "lines-added", "max": 500 }]
}"#;

const JURY_SCORE: &str = r#"{
  "type": "object", "required": ["threshold"], "additionalProperties": false,
  "properties": {
    "threshold": { "type": "number", "minimum": 0, "maximum": 100, "description": "The lowest score that passes" }
  },
  "examples": [{ "threshold": 60 }]
}"#;

const COMMAND: &str = r#"{
  "type": "object", "required": ["name"], "additionalProperties": false,
  "properties": {
    "name": { "type": "string", "description": "The name of one of the task's checks; its command where it has no name" },
    "code": { "type": "integer", "default": 0, "description": "The exit code that it must have" },
    "contains": { "type": ["string", "array"], "items": { "type": "string" }, "description": "Must be at the end of what it printed" },
    "not_contains": { "type": ["string", "array"], "items": { "type": "string" } }
  },
  "examples": [{ "name": "tests", "not_contains": "0 passed" }]
}"#;

const CHANGED_PATHS: &str = r#"{
  "type": "object", "additionalProperties": false,
  "description": "Looks at every file that was added, modified, deleted or renamed, under its old and its new name. A plain name means all that is below it too.",
  "anyOf": [{ "required": ["forbid"] }, { "required": ["allow"] }],
  "properties": {
    "forbid": { "type": ["string", "array"], "items": { "type": "string" }, "description": "A glob, or several, of files that may not be changed: secret/" },
    "allow": { "type": ["string", "array"], "items": { "type": "string" }, "description": "Globs of the only files that may be changed: src/**" }
  },
  "examples": [{ "forbid": "secret/" }, { "allow": ["src/**", "tests/**"], "forbid": "**/*.lock" }]
}"#;

/// Every kind of gate that there is here.
pub fn kinds() -> Vec<GateKind> {
    let kind = |name: &str, summary: &str, schema: &str| GateKind {
        name: name.to_owned(),
        summary: summary.to_owned(),
        schema: schema.to_owned(),
    };
    vec![
        kind("file_exists", "Files that match a glob are there, or are not.", FILE_EXISTS),
        kind("content_check", "Files hold what they must, and nothing that they must not.", CONTENT_CHECK),
        kind("artifact_exists", "The attempt left an artifact of a kind.", ARTIFACT_EXISTS),
        kind("metric_threshold", "A figure of the attempt keeps within its bounds.", METRIC_THRESHOLD),
        kind("jury_score", "The score of the card's jury is at least a threshold.", JURY_SCORE),
        kind("changed_paths", "Only allowed files were changed.", CHANGED_PATHS),
        kind("command", "One of the task's checks ended with a code, and printed what it should.", COMMAND),
    ]
}
