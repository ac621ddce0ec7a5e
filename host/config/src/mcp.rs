//! `[mcp]`: what clients of the MCP door are given where they say nothing themselves.

use serde::{Deserialize, Serialize};

/// `[mcp]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct McpSection {
    /// The toolsets of a client whose address names none.
    pub toolsets: Vec<Toolset>,
    /// What becomes of a run whose caller waits for it and closes the connection.
    pub on_close: OnClose,
}

impl Default for McpSection {
    fn default() -> Self {
        Self { toolsets: vec![Toolset::Core], on_close: OnClose::Keep }
    }
}

/// Tools that are listed together, so that a client loads only what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Toolset {
    /// Having work done, and looking at it.
    Core,
    /// Cards, recipes and skills.
    Board,
    /// The breaker, components and workers.
    Admin,
}

impl Toolset {
    /// All of them, in the order in which their tools are listed.
    pub const ALL: [Self; 3] = [Self::Core, Self::Board, Self::Admin];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Board => "board",
            Self::Admin => "admin",
        }
    }
}

/// What becomes of a run whose caller is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum OnClose {
    /// It goes on; `result` gives its answer to whoever asks.
    #[default]
    Keep,
    /// It is ended, with every process that it started.
    Cancel,
}
