//! What agents printed, made fit for a model's eyes: nothing in it that a person would not see.

/// The same text without control sequences and characters that are not shown. What an agent read may hold such
/// text to tell another model something behind its reader's back.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut given = text.chars();
    while let Some(next) = given.next() {
        match next {
            // A control sequence: up to its final letter.
            '\u{1b}' => {
                if given.clone().next() == Some('[') {
                    given.next();
                    given.by_ref().find(|each| ('\u{40}'..='\u{7e}').contains(each));
                }
            }
            '\n' | '\t' => plain.push(next),
            hidden if hidden.is_control() || is_hidden(hidden) => {}
            seen => plain.push(seen),
        }
    }
    plain
}

/// Marks of direction, of no width, and the tag characters.
const fn is_hidden(each: char) -> bool {
    matches!(each,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_is_not_shown_is_taken_out_and_nothing_else() {
        assert_eq!(plain("\u{1b}[1;31mred\u{1b}[0m\tand\r\nplain"), "red\tand\nplain");
        assert_eq!(plain("ig\u{200b}nore\u{e0041}\u{202e}"), "ignore");
        assert_eq!(plain("naïve 日本 🦀 [x]"), "naïve 日本 🦀 [x]");
        assert_eq!(plain("cut \u{1b}[31"), "cut ");
    }
}
