//! Lines with invisible characters.

use super::characters::{is_emoji_part, is_hidden, tag};
use super::found::{Collector, FindingKind};
use std::collections::BTreeMap;

/// Most characters of text that was hidden in tag characters.
const LONGEST: usize = 120;

/// Finds the invisible characters of a line. Line 0 is the path of the file.
pub(super) fn find(file: &str, number: u32, line: &str, collector: &mut Collector) {
    if line.is_ascii() && !line.bytes().any(is_ascii_control) {
        return;
    }
    let mut found: BTreeMap<char, u32> = BTreeMap::new();
    let mut tagged = String::new();
    let mut before = ' ';
    for (at, one) in line.char_indices() {
        // A byte order mark at the beginning of a file is harmless.
        let is_mark = one == '\u{feff}' && number == 1 && at == 0;
        if is_hidden(one) && !is_mark && !is_emoji_part(before, one) {
            *found.entry(one).or_default() += 1;
            tagged.extend(tag(one).filter(|_| tagged.len() < LONGEST));
        }
        before = one;
    }
    if found.is_empty() {
        return;
    }
    let mut text = found.iter().take(8).map(|(one, count)| format!("U+{:04X} × {count}", u32::from(*one)));
    let mut text = text.by_ref().collect::<Vec<_>>().join(", ");
    if !tagged.is_empty() {
        text.push_str(&format!("; hidden text: {tagged}"));
    }
    collector.add(FindingKind::Invisible, file, (number > 0).then_some(number), &text);
}

fn is_ascii_control(byte: u8) -> bool {
    byte.is_ascii_control() && byte != b'\t'
}
