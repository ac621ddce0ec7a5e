//! JSON Schemas of inputs and outputs.

mod bounds;
mod place;

pub(crate) use place::{Found, Place, find};

use jackfield_types::clip;
use jsonschema::{Draft, PatternOptions, Retrieve, Uri, Validator};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// A path below a folder: relative, without `.`, `..`, empty parts, backslashes and control characters.
pub(crate) const RELATIVE_PATH: &str = concat!(
    r"^(?:[^/.\\\x00-\x1f]|\.[^/.\\\x00-\x1f]|\.\.[^/\\\x00-\x1f])[^/\\\x00-\x1f]*",
    r"(?:/(?:[^/.\\\x00-\x1f]|\.[^/.\\\x00-\x1f]|\.\.[^/\\\x00-\x1f])[^/\\\x00-\x1f]*)*$"
);
/// Most faults of one check, and the longest message in bytes.
const MOST_FAULTS: usize = 20;
const LONGEST_MESSAGE: usize = 300;
/// Most steps of a check: the parts of the schema times the values in the value, each 64 bytes of text counted as one.
const MOST_STEPS: u64 = 20_000_000;
/// Most steps of a check whose faults are listed. The library collects all of them, with those of each alternative.
const MOST_LISTED_STEPS: u64 = 300_000;
/// Largest compiled pattern, bytes.
const LARGEST_PATTERN: usize = 256 * 1024;

/// A JSON Schema of an object, compiled: draft 2020-12, or draft 7 if `$schema` says so.
///
/// The schema of a stranger is bounded. A `$ref` leads to a place of the same document and to no circle, patterns take
/// time linear in the text, and the parts of a schema with every reference written out are at most 2,000.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Schema {
    document: Value,
    /// The number of its parts with every reference written out.
    parts: u64,
    validator: Arc<Validator>,
}

/// Why a document is not a usable schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unusable schema: {0}")]
pub struct InvalidSchema(String);

/// A value that is not valid under a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct SchemaFault {
    /// Its place as a JSON Pointer, empty for the whole value.
    pub path: String,
    /// Why it is not valid. The value itself is not repeated.
    pub message: String,
}

/// Fetches nothing, whatever the features of the library are.
struct Offline;

impl Retrieve for Offline {
    fn retrieve(&self, _: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        Err("references to other documents are not allowed".into())
    }
}

impl Schema {
    /// Checks and compiles a schema. Its `type` must be `object`.
    ///
    /// # Errors
    /// An [`InvalidSchema`] if it is not a JSON Schema of an object, or exceeds a bound.
    pub fn new(document: Value) -> Result<Self, InvalidSchema> {
        let parts = bounds::check(&document).map_err(InvalidSchema)?;
        let draft = match document.get("$schema") {
            Some(_) => Draft::default().detect(&document),
            None => Draft::Draft202012,
        };
        let options = jsonschema::options().with_draft(draft).with_retriever(Offline);
        let options = options.should_validate_formats(false);
        let patterns = PatternOptions::regex().size_limit(LARGEST_PATTERN).dfa_size_limit(LARGEST_PATTERN);
        let validator = options.with_pattern_options(patterns).build(&document);
        let validator = validator.map_err(|error| InvalidSchema(explain(&error)))?;
        Ok(Self { document, parts, validator: Arc::new(validator) })
    }

    /// The schema as JSON.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Checks a value. The parts of the schema times the values in it, with each 64 bytes of text as one, are at most
    /// 20 million.
    ///
    /// # Errors
    /// The places that are not valid, 20 at most. One fault without a place if the value is large.
    pub fn check(&self, value: &Value) -> Result<(), Vec<SchemaFault>> {
        let whole =
            |message: &str| Err(vec![SchemaFault { path: String::new(), message: message.to_owned() }]);
        let steps = bounds::weight(value, MOST_STEPS / self.parts) * self.parts;
        if steps > MOST_STEPS {
            return whole("value too large for this schema");
        }
        if self.validator.is_valid(value) {
            return Ok(());
        }
        if steps > MOST_LISTED_STEPS {
            return whole("value is not valid; it is too large for its faults to be listed");
        }
        let faults = self.validator.iter_errors(value).take(MOST_FAULTS).map(|error| SchemaFault {
            path: clip(error.instance_path().as_str(), LONGEST_MESSAGE),
            message: clip(&error.masked().to_string(), LONGEST_MESSAGE),
        });
        Err(faults.collect())
    }

    /// The names of the top-level properties, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let properties = self.document.get("properties").and_then(Value::as_object);
        properties.into_iter().flat_map(|properties| properties.keys().map(String::as_str))
    }

    /// The files of a value that this schema accepts: the names of file outputs with a path for each, relative to the
    /// output folder.
    pub fn files<'a>(&'a self, value: &'a Value) -> Vec<(&'a str, &'a str)> {
        let is_file =
            |schema: Option<&Value>| schema.and_then(|one| one.get("x-file")) == Some(&Value::Bool(true));
        let mut files = Vec::new();
        for (name, schema) in self.document.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            match value.get(name) {
                Some(Value::String(path)) if is_file(Some(schema)) => {
                    files.push((name.as_str(), path.as_str()))
                }
                Some(Value::Array(paths)) if is_file(schema.get("items")) => {
                    files.extend(paths.iter().filter_map(Value::as_str).map(|path| (name.as_str(), path)));
                }
                _ => {}
            }
        }
        files
    }

    pub(crate) fn place(&self) -> Place<'_> {
        Place::root(&self.document)
    }
}

/// Why a document is not a schema, with the place in it.
fn explain(error: &jsonschema::ValidationError<'_>) -> String {
    let place = clip(error.instance_path().as_str(), LONGEST_MESSAGE);
    let reason = clip(&error.to_string(), LONGEST_MESSAGE);
    if place.is_empty() { reason } else { format!("{reason} at {place}") }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schema").field(&self.document).finish()
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
    }
}

impl TryFrom<Value> for Schema {
    type Error = InvalidSchema;

    fn try_from(document: Value) -> Result<Self, InvalidSchema> {
        Self::new(document)
    }
}

impl From<Schema> for Value {
    fn from(schema: Schema) -> Self {
        schema.document
    }
}
