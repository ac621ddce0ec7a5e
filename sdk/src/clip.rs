//! Cutting text short without breaking a character.

use alloc::borrow::ToOwned;
use alloc::string::String;

/// The first `most` bytes of `text`, ending on a character, with `…` where something was cut.
pub fn clip(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut out = String::with_capacity(end + '…'.len_utf8());
    out.push_str(text.get(..end).unwrap_or_default());
    out.push('…');
    out
}

/// The first line that says something, trimmed and clipped to `most` bytes.
pub fn first_line(text: &str, most: usize) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    clip(line.unwrap_or_default(), most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipping_never_splits_a_character() {
        for most in 0..12 {
            let cut = clip("aé日🦀z", most);
            assert!(cut.len() <= most + '…'.len_utf8(), "{most}: {cut}");
        }
        assert_eq!(clip("short", 5), "short");
        assert_eq!(clip("日本", 4), "日…");
    }

    #[test]
    fn the_first_line_skips_blank_ones() {
        assert_eq!(first_line("\n\n  two \nthree", 80), "two");
        assert_eq!(first_line("", 80), "");
    }
}
