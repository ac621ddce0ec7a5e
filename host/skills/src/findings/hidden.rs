//! Characters that are not shown, or that change the order of the text.

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

/// The ASCII character that a tag character stands for. Models read them, and no screen shows them.
fn tag(one: char) -> Option<char> {
    char::from_u32(u32::from(one).checked_sub(0xE0000)?).filter(|letter| matches!(letter, ' '..='~'))
}

/// Joiners and selectors in an emoji.
fn is_emoji_part(before: char, one: char) -> bool {
    matches!(one, '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
        && !before.is_alphanumeric()
        && u32::from(before) >= 0x2000
        || one == '\u{fe0f}' && matches!(before, '0'..='9' | '#' | '*' | '©' | '®')
}

pub(super) fn is_hidden(one: char) -> bool {
    matches!(one,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}
