//! The form of an enum of events, and how its payloads are read.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An event as it is written: the adjacently tagged form of serde, whatever the payload.
#[derive(Deserialize)]
pub(super) struct Parts {
    pub(super) kind: String,
    pub(super) payload: Value,
}

/// Declares an enum of events: each kind with its description, its variant and the type of its payload.
///
/// The JSON is that of `#[serde(tag = "kind", content = "payload")]`. It is written out instead of derived for two
/// reasons. The list of kinds, their descriptions and their schemas come from one place. And a derived reader drops the
/// fields that it does not know, so that an event of a later version would lose them on its way through this one; here
/// such an event stays [`Other`](RunEvent::Other), with all that it has.
macro_rules! events {
    (
        $(#[$meta:meta])*
        $name:ident { $($(#[doc = $doc:literal])+ $kind:literal => $variant:ident($payload:ty),)* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name {
            $($(#[doc = $doc])+ $variant($payload),)*
            /// An event that this version does not know: its kind is new, or its payload differs from what this version
            /// writes. It is kept as it is.
            Other {
                /// The kind.
                kind: String,
                /// The payload.
                payload: serde_json::Value,
            },
        }

        impl $name {
            /// Every kind that this version knows.
            pub const KINDS: &'static [&'static str] = &[$($kind,)*];

            /// The kind, in `snake_case`.
            pub fn kind(&self) -> &str {
                match self {
                    $(Self::$variant(_) => $kind,)*
                    Self::Other { kind, .. } => kind,
                }
            }

            /// The payload as JSON.
            pub fn payload(&self) -> serde_json::Value {
                match self {
                    $(Self::$variant(payload) => $crate::events::kinds::written(payload),)*
                    Self::Other { payload, .. } => payload.clone(),
                }
            }

            /// Reads an event. It is [`Other`](Self::Other) if this version would not write it exactly so.
            pub fn read(kind: String, payload: serde_json::Value) -> Self {
                let known = match kind.as_str() {
                    $($kind => $crate::events::kinds::read(&payload).map(Self::$variant),)*
                    _ => None,
                };
                known.unwrap_or(Self::Other { kind, payload })
            }

            /// The same event with another payload. It is [`Other`](Self::Other) if that does not fit the kind.
            #[must_use]
            pub fn map_payload(&self, change: impl FnOnce(serde_json::Value) -> serde_json::Value) -> Self {
                Self::read(self.kind().to_owned(), change(self.payload()))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct;
                let mut fields = to.serialize_struct(stringify!($name), 2)?;
                fields.serialize_field("kind", self.kind())?;
                match self {
                    $(Self::$variant(payload) => fields.serialize_field("payload", payload)?,)*
                    Self::Other { payload, .. } => fields.serialize_field("payload", payload)?,
                }
                fields.end()
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let $crate::events::kinds::Parts { kind, payload } = serde::Deserialize::deserialize(from)?;
                Ok(Self::read(kind, payload))
            }
        }

        #[cfg(feature = "schemas")]
        impl $crate::events::schema::Kinds for $name {
            fn each(
                generator: &mut schemars::SchemaGenerator,
            ) -> Vec<$crate::events::schema::Kind> {
                vec![$($crate::events::schema::Kind {
                    kind: $kind,
                    variant: stringify!($variant),
                    about: concat!($($doc, "\n"),+),
                    payload: generator.subschema_for::<$payload>(),
                },)*]
            }
        }
    };
}

/// A payload as JSON.
pub(super) fn written(payload: &impl Serialize) -> Value {
    // The fields of every payload are texts, numbers and lists of such, which all have a form in JSON.
    serde_json::to_value(payload).unwrap_or_default()
}

/// A payload of a known type; none if it would not be written exactly so.
pub(super) fn read<T: for<'de> Deserialize<'de> + Serialize>(payload: &Value) -> Option<T> {
    let read = T::deserialize(payload).ok()?;
    (serde_json::to_value(&read).ok()? == *payload).then_some(read)
}
