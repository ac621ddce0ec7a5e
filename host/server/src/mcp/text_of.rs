//! What agents printed, made fit for a model's eyes: nothing in it that a person would not see.

/// The same text without control sequences and characters that are not shown. What an agent read may hold such
/// text to tell another model something behind its reader's back.
pub(super) fn plain(text: &str) -> String {
    jackfield_sdk::visible::shown(text)
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn only_control_and_invisible_characters_are_removed() {
        assert_eq!(plain("\u{1b}[1;31mred\u{1b}[0m\tand\r\nplain"), "red\tand\nplain");
        assert_eq!(plain("ig\u{200b}nore\u{e0041}\u{202e}\u{2028}\u{2029}\u{61c}"), "ignore");
        assert_eq!(plain("naïve 日本 🦀 [x]"), "naïve 日本 🦀 [x]");
        assert_eq!(plain("cut \u{1b}[31"), "cut ");
    }
}
