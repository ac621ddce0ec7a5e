//! The four lengths, and what each may take.

use crate::facts::LevelInfo;
use alloc::borrow::ToOwned;
use alloc::vec::Vec;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// One to three lines.
    Summary,
    /// A flowchart; the default.
    Mermaid,
    /// A page.
    Standard,
    /// Everything in the report.
    Full,
}

impl Level {
    /// Shortest first.
    pub const ALL: [Self; 4] = [Self::Summary, Self::Mermaid, Self::Standard, Self::Full];

    /// As callers write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Mermaid => "mermaid",
            Self::Standard => "standard",
            Self::Full => "full",
        }
    }

    /// The level that is written so.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// Most tokens (o200k) for an ordinary task; 0: no bound.
    pub const fn token_budget(self) -> u32 {
        match self {
            Self::Summary => 120,
            Self::Mermaid => 160,
            Self::Standard => 800,
            Self::Full => 0,
        }
    }

    /// Most bytes for any task at all, however hostile its report.
    pub const fn most_bytes(self) -> usize {
        match self {
            Self::Summary => 1_024,
            Self::Mermaid => 2_048,
            Self::Standard => 6 << 10,
            Self::Full => 512 << 10,
        }
    }

    const fn about(self) -> &'static str {
        match self {
            Self::Summary => "one to three lines",
            Self::Mermaid => "a flowchart of outcome, files, cost and where to read more; the default",
            Self::Standard => "outcome, files, checks, cost and links, and the answer cut to size",
            Self::Full => "everything in the report: the instruction, each step and file, the whole answer",
        }
    }
}

/// All levels as the world wants them told.
pub fn levels() -> Vec<LevelInfo> {
    let info = |level: Level| LevelInfo {
        name: level.name().to_owned(),
        token_budget: level.token_budget(),
        summary: level.about().to_owned(),
    };
    Level::ALL.into_iter().map(info).collect()
}
