//! Components as the records have them.

use serde::{Deserialize, Serialize};

/// What the host does with a version of a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Serving {
    /// It answers calls.
    Serving,
    /// It waits for a grant.
    Held,
    /// It was not taken.
    Rejected,
    /// It misbehaved and answers nothing.
    Quarantined,
    /// Another version answers in its place.
    Retired,
}
