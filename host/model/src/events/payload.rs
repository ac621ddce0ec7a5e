//! The payload of an event as it is recorded.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

/// The payload of an event as it is recorded: JSON text. It is typed only where a reader needs that, so that a payload of
/// another version keeps all its fields.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Payload(Box<RawValue>);

impl Payload {
    /// The payload in a recorded text. A text that is not JSON becomes a JSON string, because it must not make the events
    /// around it unreadable.
    pub fn recorded(text: String) -> Self {
        match serde_json::from_str(&text) {
            Ok(raw) => Self(raw),
            Err(_) => Value::String(text).into(),
        }
    }

    /// The JSON text.
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// The payload as a JSON value.
    pub fn to_value(&self) -> Value {
        value(self.get())
    }
}

impl From<Value> for Payload {
    fn from(value: Value) -> Self {
        // Every value has a form in JSON: the names of its fields are texts.
        Self(to_raw_value(&value).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Payload {}

/// A payload as a JSON value. A text that is not JSON, or that is nested too deeply for a value, becomes a string.
pub(super) fn value(payload: &str) -> Value {
    serde_json::from_str(payload).unwrap_or_else(|_| payload.into())
}
