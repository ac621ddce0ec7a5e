//! Workers as the records have them.

use serde::{Deserialize, Serialize};

/// Where a worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum WorkerKind {
    /// A host on this machine, over the same data folder.
    Local,
    /// Elsewhere, over HTTP.
    Remote,
}
