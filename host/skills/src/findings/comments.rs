//! Comments that are not shown where Markdown is rendered.

use super::found::{Collector, FindingKind};

/// Finds HTML comments with text. A comment without end reaches to the end of the file.
pub(super) fn find(file: &str, text: &str, collector: &mut Collector) {
    let (mut at, mut line) = (0, 1_u32);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("<!--")) {
        let start = at + found;
        line = line.saturating_add(lines(text, at, start));
        let inner = text.get(start + 4..).unwrap_or_default();
        let length = inner.find("-->").unwrap_or(inner.len());
        let comment = inner.get(..length).unwrap_or_default();
        if comment.chars().any(|one| !one.is_whitespace() && one != '-') {
            collector.add(FindingKind::Comment, file, Some(line), comment);
        }
        at = start + 4 + length;
        line = line.saturating_add(lines(text, start, at));
    }
}

fn lines(text: &str, from: usize, to: usize) -> u32 {
    let count = text.get(from..to).unwrap_or_default().bytes().filter(|byte| *byte == b'\n').count();
    u32::try_from(count).unwrap_or(u32::MAX)
}
