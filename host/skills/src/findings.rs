//! What a person looks at before a skill is trusted.

mod characters;
mod commands;
mod comments;
mod found;
mod hidden;
mod links;

pub use found::{Finding, FindingKind, Findings};

use crate::files::{Content, Files, SKILL_MD};
use found::Collector;

/// Largest file that is not reported as large, bytes.
const LARGE: usize = 256 * 1024;

/// What the front matter asks for.
pub(crate) struct Asked<'a> {
    pub(crate) tools: &'a [String],
    pub(crate) tools_line: u32,
    /// Fields outside of the specification, with their lines.
    pub(crate) other_fields: &'a [(String, u32)],
}

/// The findings of a skill.
pub(crate) fn of(files: &Files, asked: &Asked<'_>) -> Findings {
    let mut collector = Collector::default();
    for tool in asked.tools {
        collector.add(FindingKind::Tool, SKILL_MD, Some(asked.tools_line), tool);
    }
    for (field, line) in asked.other_fields {
        collector.add(FindingKind::Field, SKILL_MD, Some(*line), field);
    }
    for (path, content) in files.iter() {
        file(&mut collector, path, content);
    }
    collector.findings()
}

fn file(collector: &mut Collector, path: &str, content: &Content) {
    if content.bytes.len() > LARGE {
        collector.add(FindingKind::Large, path, None, &format!("{} KiB", content.bytes.len() / 1024));
    }
    let reason = if path.split('/').rev().skip(1).any(|folder| folder == "scripts") {
        Some("in a folder of scripts")
    } else if content.bytes.starts_with(b"#!") {
        Some("begins with `#!`")
    } else {
        content.executable.then_some("executable")
    };
    if let Some(reason) = reason {
        collector.add(FindingKind::Script, path, None, reason);
    }
    hidden::find(path, 0, path, collector);
    let Some(text) = content.text() else {
        return collector.add(FindingKind::Binary, path, None, &format!("{} bytes", content.bytes.len()));
    };
    commands::find(path, text, collector);
    comments::find(path, text, collector);
    for (number, line) in (1..).zip(text.lines()) {
        hidden::find(path, number, line, collector);
        links::find(path, number, line, collector);
    }
}
