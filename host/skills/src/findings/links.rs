//! Addresses of other systems.

use super::found::{Collector, FindingKind};

/// Finds addresses `scheme://…` in a line.
pub(super) fn find(file: &str, number: u32, line: &str, collector: &mut Collector) {
    let mut at = 0;
    while let Some(found) = line.get(at..).and_then(|rest| rest.find("://")) {
        let mark = at + found;
        let before = line.get(at..mark).unwrap_or_default();
        let scheme =
            before.bytes().rev().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'+').count();
        let after = line.get(mark + 3..).unwrap_or_default();
        let ends = |one: char| one.is_whitespace() || one.is_control() || "\"'`<>()[]{}|\\".contains(one);
        let length = after.find(ends).unwrap_or(after.len());
        let end = mark + 3 + length;
        let address = line.get(mark - scheme..end).unwrap_or_default();
        if scheme > 0 && length > 0 {
            let address = address.trim_end_matches(['.', ',', ';', ':', '*', '_']);
            collector.add(FindingKind::Url, file, Some(number), address);
        }
        at = end;
    }
}
