//! The form of an enum of events, and how its payloads are read.

/// Declares an enum of events: each kind with its description, its variant and the type of its payload.
///
/// The list of kinds, their descriptions and their schemas come from one place. Reading is lenient, because the event may
/// be one of another version: fields that the type does not have are ignored, and optional fields may be absent.
macro_rules! events {
    (
        $(#[$meta:meta])*
        $name:ident { $($(#[doc = $doc:literal])+ $kind:literal => $variant:ident($payload:ty),)* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name {
            $($(#[doc = $doc])+ $variant($payload),)*
            /// An event that is not typed: its kind is new, or this version cannot read its payload.
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

            /// The payload as JSON text.
            ///
            /// # Errors
            /// If a field has no form in JSON.
            pub fn payload_json(&self) -> serde_json::Result<String> {
                match self {
                    $(Self::$variant(payload) => serde_json::to_string(payload),)*
                    Self::Other { payload, .. } => serde_json::to_string(payload),
                }
            }

            /// Types an event from its kind and the JSON text of its payload. It is [`Other`](Self::Other) if the kind is
            /// unknown or the payload cannot be read.
            pub fn read(kind: &str, payload: &str) -> Self {
                let known = match kind {
                    $($kind => serde_json::from_str(payload).ok().map(Self::$variant),)*
                    _ => None,
                };
                known.unwrap_or_else(|| Self::Other {
                    kind: kind.to_owned(),
                    payload: $crate::events::payload::value(payload),
                })
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
