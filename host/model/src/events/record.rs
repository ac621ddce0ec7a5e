//! Events in their place: as they are recorded, shown and sent.

use super::host::HostEvent;
use super::run::RunEvent;
use jackfield_types::{AttemptId, Timestamp};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// The field of a payload that names the agent.
const AGENT: &str = "agent";

/// An event of a run that is to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRunEvent {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: RunEvent,
}

/// An event of a run, in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEventRecord {
    /// From 1, without a gap.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The attempt it belongs to, where it belongs to one.
    pub attempt: Option<AttemptId>,
    /// The agent of the attempt, where several write into one log. In JSON it is a field of the payload.
    pub agent: Option<String>,
    /// What happened.
    pub event: RunEvent,
}

impl RunEventRecord {
    /// An event as it was recorded. Whatever its kind and payload are, it can be read.
    pub fn read(
        seq: u64,
        at: Timestamp,
        attempt: Option<AttemptId>,
        kind: String,
        mut payload: Value,
    ) -> Self {
        // No kind has such a field of its own.
        let agent = match payload.as_object_mut() {
            Some(fields) if fields.get(AGENT).is_some_and(Value::is_string) => fields.remove(AGENT),
            _ => None,
        };
        let agent = agent.and_then(|agent| agent.as_str().map(str::to_owned));
        Self { seq, at, attempt, agent, event: RunEvent::read(kind, payload) }
    }

    /// The kind of the event, in `snake_case`.
    pub fn kind(&self) -> &str {
        self.event.kind()
    }

    /// The payload as JSON, with the agent where it is named.
    pub fn payload(&self) -> Value {
        let mut payload = self.event.payload();
        if let (Some(agent), Some(fields)) = (&self.agent, payload.as_object_mut()) {
            fields.insert(AGENT.to_owned(), agent.as_str().into());
        }
        payload
    }
}

impl Serialize for RunEventRecord {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut fields = to.serialize_struct("RunEvent", 5)?;
        fields.serialize_field("seq", &self.seq)?;
        fields.serialize_field("at", &self.at)?;
        fields.serialize_field("attempt", &self.attempt)?;
        fields.serialize_field("kind", self.kind())?;
        fields.serialize_field("payload", &self.payload())?;
        fields.end()
    }
}

/// A recorded event of the host. The log is append-only.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostEventRecord {
    /// Its place in the log.
    pub seq: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// The id or the name of the object that it concerns.
    pub subject: String,
    /// What happened.
    #[serde(flatten)]
    pub event: HostEvent,
}

impl HostEventRecord {
    /// An event as it was recorded. Whatever its kind and payload are, it can be read.
    pub fn read(seq: u64, at: Timestamp, kind: String, subject: String, payload: Value) -> Self {
        Self { seq, at, subject, event: HostEvent::read(kind, payload) }
    }

    /// The kind of the event, in `snake_case`.
    pub fn kind(&self) -> &str {
        self.event.kind()
    }
}

/// The event that a message to a webhook tells of.
#[derive(Debug, Clone, PartialEq)]
pub enum MessageEvent {
    /// Of the run that is the subject of the message.
    Run(RunEvent),
    /// Of the host.
    Host(HostEvent),
}

impl MessageEvent {
    /// The event of a message as it was recorded. Messages tell of events of runs whose kind begins with `run_`, as no
    /// kind of the host's events does.
    pub fn read(kind: String, payload: Value) -> Self {
        match kind.starts_with("run_") {
            true => Self::Run(RunEvent::read(kind, payload)),
            false => Self::Host(HostEvent::read(kind, payload)),
        }
    }

    /// The kind of the event, in `snake_case`.
    pub fn kind(&self) -> &str {
        match self {
            Self::Run(event) => event.kind(),
            Self::Host(event) => event.kind(),
        }
    }

    /// The payload as JSON.
    pub fn payload(&self) -> Value {
        match self {
            Self::Run(event) => event.payload(),
            Self::Host(event) => event.payload(),
        }
    }
}

#[cfg(feature = "schemas")]
mod schemas {
    use super::{HostEventRecord, RunEventRecord};
    use crate::events::{host::HostEvent, run::RunEvent, schema};
    use jackfield_types::{AttemptId, Timestamp};
    use schemars::{JsonSchema, Schema, SchemaGenerator};
    use std::borrow::Cow;

    /// The fields of [`RunEventRecord`] beside the event.
    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    struct OfRun {
        /// From 1, without a gap.
        seq: u64,
        /// When it happened.
        at: Timestamp,
        /// The attempt it belongs to, where it belongs to one.
        attempt: Option<AttemptId>,
    }

    /// The fields of [`HostEventRecord`] beside the event.
    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    struct OfHost {
        /// Its place in the log.
        seq: u64,
        /// When it was recorded.
        at: Timestamp,
        /// The id or the name of the object that it concerns.
        subject: String,
    }

    impl JsonSchema for RunEventRecord {
        fn schema_name() -> Cow<'static, str> {
            "RunEvent".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let about = "An event of a run, in its place. If several agents write into one log, the payload also has \
                         the name of the `agent`.";
            schema::record::<OfRun, RunEvent>(generator, "RunEvent", about)
        }
    }

    impl JsonSchema for HostEventRecord {
        fn schema_name() -> Cow<'static, str> {
            "HostEvent".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let about = "A recorded event of the host. The log is append-only.";
            schema::record::<OfHost, HostEvent>(generator, "HostEvent", about)
        }
    }
}
