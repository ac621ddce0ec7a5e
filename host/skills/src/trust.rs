//! How far a skill is trusted, and where it is from.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How far a skill is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// A person of this host has reviewed this digest.
    Vetted,
    /// Published for everybody and not reviewed here.
    Community,
    /// New, or changed since it was reviewed.
    Experimental,
}

/// Where a skill is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A folder of this machine.
    Local,
    /// A catalogue.
    Marketplace,
}

impl Trust {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vetted => "vetted",
            Self::Community => "community",
            Self::Experimental => "experimental",
        }
    }
}

impl Source {
    /// As stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Marketplace => "marketplace",
        }
    }
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
