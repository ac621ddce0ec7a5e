//! What a component is made of.

use serde::Serialize;

/// What a component is made of, as its own bytes tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Makeup {
    /// Bytes.
    pub size: u64,
    /// Core modules that it is put together from.
    pub modules: u32,
    /// The version of the WIT that it was built against.
    pub wit: Option<String>,
    /// Languages that its tools name.
    pub languages: Vec<String>,
    /// The tools that made it.
    pub producers: Vec<Producer>,
}

/// A tool that had a hand in a component.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Producer {
    /// Its name.
    pub name: String,
    /// Its version, as it tells it.
    pub version: String,
}
