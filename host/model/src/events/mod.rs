//! Typed events: what happened in a run, and what happened to the host.
//!
//! On the wire and in the database an event is a `kind` with a `payload`. Here each kind is a variant with a payload of
//! its own type.

#[macro_use]
mod kinds;
pub(crate) mod agent;
pub(crate) mod host;
pub(crate) mod payload;
pub(crate) mod plugin;
pub(crate) mod record;
pub(crate) mod run;
#[cfg(feature = "schemas")]
mod schema;
