//! The redactor: secrets out of texts, JSON values and records.

use super::needles::SHORTEST;
use super::stream::Stream;
use super::values::Values;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// Replaces the values of secret variables by their names. Clones share what it knows.
#[derive(Debug, Clone, Default)]
pub struct Redactor(Arc<Values>);

impl Redactor {
    /// For these variables and their values.
    pub fn new(secrets: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(Arc::new(Values::of(secrets)))
    }

    /// Whether it knows no secret.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A text that is whole.
    pub fn text(&self, text: &str) -> String {
        self.changed(text).unwrap_or_else(|| text.to_owned())
    }

    /// The same, and nothing where there is no secret in it.
    pub fn changed(&self, text: &str) -> Option<String> {
        if self.is_empty() || text.len() < SHORTEST {
            return None;
        }
        match self.0.replaced(text.as_bytes(), false).0 {
            Cow::Borrowed(_) => None,
            Cow::Owned(clean) => Some(String::from_utf8_lossy(&clean).into_owned()),
        }
    }

    /// Every text in a value, the names of its fields among them.
    pub fn json(&self, value: Value) -> Value {
        if self.is_empty() {
            return value;
        }
        match value {
            Value::String(text) => self.changed(&text).unwrap_or(text).into(),
            Value::Array(values) => values.into_iter().map(|value| self.json(value)).collect(),
            Value::Object(fields) => {
                let clean =
                    |(name, value): (String, Value)| (self.changed(&name).unwrap_or(name), self.json(value));
                fields.into_iter().map(clean).collect()
            }
            other => other,
        }
    }

    /// A text on its way to a record: JSON stays JSON. Nothing where there is no secret in it.
    pub fn record(&self, text: &str) -> Option<String> {
        let clean = self.changed(text)?;
        if !text.starts_with(['{', '[', '"']) {
            return Some(clean);
        }
        match serde_json::from_str::<Value>(text) {
            Ok(value) => Some(self.json(value).to_string()),
            Err(_) => Some(clean),
        }
    }

    /// For bytes that come in pieces.
    pub fn stream(&self) -> Stream {
        Stream::new(Arc::clone(&self.0))
    }

    /// How many bytes a piece cut out of a longer text must begin earlier, so that no value is cut.
    pub fn margin(&self) -> usize {
        self.0.margin()
    }

    /// Whether no secret could still run past the end of this text.
    pub(super) fn is_decided(&self, text: &str) -> bool {
        self.0.replaced(text.as_bytes(), true).1 == text.len()
    }
}
