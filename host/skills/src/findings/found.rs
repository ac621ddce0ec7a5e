//! Findings, with a bound for each kind.

use super::characters::is_hidden;
use jackfield_types::clip;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Most findings of one kind. One kind cannot push another out of the list.
const MOST: usize = 20;
/// Longest text of a finding, bytes.
const LONGEST: usize = 240;

/// The kind of a finding, in the order in which they are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Something is downloaded or decoded and executed.
    DownloadAndRun,
    /// A command that some agents execute while they load the skill.
    Command,
    /// Characters that are not shown, or that change the order of the text.
    Invisible,
    /// A comment that is not shown where Markdown is rendered.
    Comment,
    /// A tool that the skill asks to use without a question.
    Tool,
    /// A field of the front matter outside of the specification. With some agents it can execute commands.
    Field,
    /// A script or an executable file.
    Script,
    /// A file that is not text.
    Binary,
    /// A file of more than 256 KiB.
    Large,
    /// The address of another system.
    Url,
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Finding {
    /// Its kind.
    pub kind: FindingKind,
    /// The path of the file.
    pub file: String,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The text that was found or a description, in one line. Invisible characters are written as `\u{…}`.
    pub text: String,
}

/// The findings of a skill.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Findings {
    /// By kind, 20 at most of each.
    pub listed: Vec<Finding>,
    /// The number of further findings of each kind.
    pub more: BTreeMap<FindingKind, u32>,
}

/// Collects findings. An address that is repeated is listed once.
#[derive(Default)]
pub(super) struct Collector {
    listed: BTreeMap<FindingKind, Vec<Finding>>,
    more: BTreeMap<FindingKind, u32>,
    addresses: BTreeSet<String>,
}

impl Collector {
    pub(super) fn add(&mut self, kind: FindingKind, file: &str, line: Option<u32>, text: &str) {
        if kind == FindingKind::Url && !self.addresses.insert(text.to_owned()) {
            return;
        }
        let listed = self.listed.entry(kind).or_default();
        if listed.len() >= MOST {
            let more = self.more.entry(kind).or_default();
            *more = more.saturating_add(1);
            return;
        }
        listed.push(Finding { kind, file: file.to_owned(), line, text: shown(text) });
    }

    pub(super) fn findings(self) -> Findings {
        Findings { listed: self.listed.into_values().flatten().collect(), more: self.more }
    }
}

/// A text of a stranger in one line of characters that are shown.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for one in clip(text.trim(), LONGEST).chars() {
        match one {
            '\n' | '\r' | '\t' => shown.push(' '),
            one if one.is_control() || is_hidden(one) => shown.extend(one.escape_unicode()),
            one => shown.push(one),
        }
    }
    shown
}
