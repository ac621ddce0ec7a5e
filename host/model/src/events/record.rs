//! Events as they are recorded, shown and sent.

use super::host::HostEvent;
use super::payload::Payload;
use super::run::{HostWarning, RunEvent};
use jackfield_types::{AttemptId, Timestamp};
use serde::ser::{Error, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use std::collections::BTreeMap;

/// The field of a shown payload that names the agent. No kind has such a field of its own.
const AGENT: &str = "agent";

const HOST_WARNING: &str = "host_warning";

/// An event of a run that is to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRunEvent {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: RunEvent,
}

/// A recorded event of a run: sequence number, time, kind and payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEventRecord {
    /// From 1, without a gap.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The attempt it belongs to, where it belongs to one.
    pub attempt: Option<AttemptId>,
    /// The name of the agent, if the run has several attempts. In JSON it is a field of the payload.
    pub agent: Option<String>,
    /// The kind, in `snake_case`.
    pub kind: String,
    /// The payload.
    pub payload: Payload,
}

impl RunEventRecord {
    /// What happened, typed.
    pub fn event(&self) -> RunEvent {
        RunEvent::read(&self.kind, self.payload.get())
    }

    /// The warning of the host, if the event is one. Other events are not typed.
    pub fn warning(&self) -> Option<HostWarning> {
        if self.kind != HOST_WARNING {
            return None;
        }
        serde_json::from_str(self.payload.get()).ok()
    }

    /// The payload with the name of the agent; none if there is no name or the payload has no fields.
    fn with_agent(&self) -> Option<serde_json::Result<Box<RawValue>>> {
        let agent = self.agent.as_ref()?;
        let mut fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(self.payload.get()).ok()?;
        Some(to_raw_value(agent).and_then(|agent| {
            fields.insert(AGENT.to_owned(), agent);
            to_raw_value(&fields)
        }))
    }
}

impl Serialize for RunEventRecord {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut fields = to.serialize_struct("RunEvent", 5)?;
        fields.serialize_field("seq", &self.seq)?;
        fields.serialize_field("at", &self.at)?;
        fields.serialize_field("attempt", &self.attempt)?;
        fields.serialize_field("kind", &self.kind)?;
        match self.with_agent().transpose().map_err(S::Error::custom)? {
            Some(payload) => fields.serialize_field("payload", &payload)?,
            None => fields.serialize_field("payload", &self.payload)?,
        }
        fields.end()
    }
}

/// A recorded event of the host. The log is append-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostEventRecord {
    /// Its place in the log.
    pub seq: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// The id or the name of the object that it concerns.
    pub subject: String,
    /// The kind, in `snake_case`.
    pub kind: String,
    /// The payload.
    pub payload: Payload,
}

impl HostEventRecord {
    /// What happened, typed.
    pub fn event(&self) -> HostEvent {
        HostEvent::read(&self.kind, self.payload.get())
    }

    /// Whether it is about the breaker.
    pub fn is_of_breaker(&self) -> bool {
        self.kind.starts_with("breaker_")
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
            let about = "A recorded event of a run: sequence number, time, kind and payload. If several agents write into \
                         one log, the payload also has the name of the `agent`.";
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
