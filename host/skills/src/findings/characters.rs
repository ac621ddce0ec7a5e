//! Which characters are not shown, or change the order of the text.

/// The ASCII character that a tag character stands for. Models read them, and no screen shows them.
pub(super) fn tag(one: char) -> Option<char> {
    char::from_u32(u32::from(one).checked_sub(0xE0000)?).filter(|letter| matches!(letter, ' '..='~'))
}

/// Joiners and selectors in an emoji.
pub(super) fn is_emoji_part(before: char, one: char) -> bool {
    matches!(one, '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
        && !before.is_alphanumeric()
        && u32::from(before) >= 0x2000
        || one == '\u{fe0f}' && matches!(before, '0'..='9' | '#' | '*' | '©' | '®')
}

/// Whether a character is not shown, or changes the order of the text.
pub(super) fn is_hidden(one: char) -> bool {
    matches!(one,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}
