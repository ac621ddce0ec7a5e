//! Ids: ULIDs, each kind its own type, so that a run is never taken for a task.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use ulid::Ulid;

/// What was given as an id is not a ULID.
#[derive(Debug, thiserror::Error)]
#[error("'{text}' is not a {what} id: ids are 26 letters and digits")]
pub struct InvalidId {
    what: &'static str,
    text: String,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Ulid);

        impl $name {
            /// A new id: 48 bits of time and 80 random ones.
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(Ulid::generate())
            }

            /// The least id of those that are made at this time or later.
            pub fn first_at(time: Timestamp) -> Self {
                Self(Ulid::from_parts(u64::try_from(time.as_millisecond()).unwrap_or(0), 0))
            }

            /// When it was made, by the clock of the machine that made it, to the millisecond.
            pub fn made_at(self) -> Timestamp {
                let at = i64::try_from(self.0.timestamp_ms()).unwrap_or(i64::MAX);
                Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Ulid::from_string(text)
                    .map(Self)
                    .map_err(|_| InvalidId { what: $what, text: text.to_owned() })
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        #[cfg(feature = "schemas")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "minLength": 26, "maxLength": 26 })
            }
        }
    };
}

id!(
    /// A task: one piece of intent.
    TaskId, "task"
);
id!(
    /// A run: one durable execution of a task's stage.
    RunId, "run"
);
id!(
    /// An attempt: one invocation of one executor within a run.
    AttemptId, "attempt"
);
id!(
    /// A worker: a process that carries runs out.
    WorkerId, "worker"
);
id!(
    /// A workspace: a named scope with a repository or folder.
    WorkspaceId, "workspace"
);
id!(
    /// A human task: something that waits for a person.
    HumanTaskId, "human task"
);
id!(
    /// An access token: one principal's way in.
    TokenId, "token"
);
id!(
    /// A browser session: one login of a browser.
    SessionId, "session"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_has_the_time_of_its_creation() {
        let before = Timestamp::now().as_millisecond();
        let at = RunId::new().made_at().as_millisecond();
        assert!((before..=Timestamp::now().as_millisecond()).contains(&at));
        assert!(RunId::first_at(Timestamp::now()) > RunId::first_at(Timestamp::UNIX_EPOCH));
        let id = RunId::new();
        assert!(
            RunId::first_at(id.made_at()) <= id && RunId::first_at(id.made_at()).made_at() == id.made_at()
        );
        // The highest id there is lies beyond any time that can be written.
        let last: RunId = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ".parse().unwrap();
        assert_eq!(last.made_at(), Timestamp::MAX);
    }

    #[test]
    fn id_is_read_back_from_its_text() {
        let id = RunId::new();
        assert_eq!(id.to_string().parse::<RunId>().unwrap(), id);
        let error = "nope".parse::<RunId>().unwrap_err().to_string();
        assert!(error.contains("'nope' is not a run id"), "{error}");
    }
}
