//! What an agent wrote, as text that shows all that it does: no terminal escapes, no control
//! characters, no characters that hide or turn round what stands beside them.

use alloc::string::String;
use core::iter::Peekable;
use core::str::Chars;

/// How far a terminal's string is followed for its end, characters.
const LONGEST_STRING: usize = 4 << 10;

/// The characters of `text` that can be seen, line ends and tabs among them. Lazy, so that whoever
/// stops reading early pays for no more.
pub fn visible(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut chars = text.chars().peekable();
    core::iter::from_fn(move || {
        loop {
            match chars.next()? {
                '\u{1b}' => sequence(&mut chars),
                '\u{9b}' => control(&mut chars),
                this if matches!(this, '\n' | '\t') || !hidden(this) => return Some(this),
                _ => {}
            }
        }
    })
}

/// The same as a text of its own.
pub fn shown(text: &str) -> String {
    visible(text).collect()
}

/// Takes what belongs to an escape character.
fn sequence(chars: &mut Peekable<Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            control(chars);
        }
        // A title, a link, a device's string: up to BEL or a string terminator. Without one it is text.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            let mut ahead = chars.clone();
            for _ in 0..LONGEST_STRING {
                match ahead.next() {
                    None => return,
                    Some('\u{7}' | '\u{9c}') => return *chars = ahead,
                    Some('\u{1b}') if ahead.next_if_eq(&'\\').is_some() => return *chars = ahead,
                    Some(_) => {}
                }
            }
        }
        // A choice of characters: `(B`.
        Some(' '..='/') => {
            while chars.next_if(|c| (' '..='/').contains(c)).is_some() {}
            let _final = chars.next_if(|c| ('0'..='~').contains(c));
        }
        _ => {}
    }
}

/// Takes a control sequence but for its beginning: parameters, one final character.
fn control(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| (' '..='?').contains(c)).is_some() {}
    let _final = chars.next_if(|c| ('@'..='~').contains(c));
}

/// Whether a character shows nothing of itself, or changes how what stands beside it is shown.
pub fn hidden(this: char) -> bool {
    this.is_control()
        || matches!(this,
            // Soft hyphen, zero-width characters and joiners, marks and overrides of direction.
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            // Line and paragraph separators, which some renderers break a line at.
            | '\u{2028}' | '\u{2029}'
            // Joiners, fillers and variation selectors, which stand for nothing of their own.
            | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180d}' | '\u{180f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            // Tags: text that no one sees and models read.
            | '\u{e0000}'..='\u{e0fff}')
}

/// `text` on one line, blanks run together, cut with `…` after `most` bytes.
pub fn line(text: &str, most: usize) -> String {
    one_line(visible(text), most)
}

/// The same for characters that were looked at already.
pub fn one_line(chars: impl Iterator<Item = char>, most: usize) -> String {
    let mut out = String::new();
    let mut gap = false;
    for this in chars {
        if this.is_whitespace() {
            gap = !out.is_empty();
            continue;
        }
        if out.len() + usize::from(gap) + this.len_utf8() > most {
            out.push('…');
            break;
        }
        if core::mem::take(&mut gap) {
            out.push(' ');
        }
        out.push(this);
    }
    out
}

/// The first line that says something.
pub fn first_line(text: &str, most: usize) -> String {
    let mut chars = visible(text).skip_while(|c| c.is_whitespace());
    let first = core::iter::from_fn(|| chars.next().filter(|c| *c != '\n'));
    one_line(first, most)
}

/// The end of `text`, which for a path says more than its beginning: at most `most` bytes after `…`.
pub fn ending(text: &str, most: usize) -> String {
    if text.len() <= most {
        return line(text, most);
    }
    let mut start = text.len() - most;
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let mut out = String::from("…");
    out.push_str(&line(text.get(start..).unwrap_or_default(), most));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> String {
        visible(text).collect()
    }

    #[test]
    fn terminal_escapes_and_hidden_characters_are_gone() {
        assert_eq!(seen("\u{1b}[31mred\u{1b}[0m\0 \u{202e}evil\u{200b}\u{e0041}"), "red evil");
        assert_eq!(seen("\u{1b}[31"), "");
        for text in [
            "a\u{1b}]0;title\u{7}b",
            "a\u{1b}]8;;http://x\u{1b}\\b",
            "a\u{9b}31mb",
            "a\u{1b}(Bb",
            "a\u{1b}P1$x\u{9c}b",
            "a\u{2028}b",
            "a\u{fe0f}\u{e0100}b",
        ] {
            assert_eq!(seen(text), "ab", "{text:?}");
        }
        assert_eq!(seen("a\u{1b}]0;no end\nb"), "a]0;no end\nb");
        assert_eq!(seen("two\nlines\té日🦀 שלום"), "two\nlines\té日🦀 שלום");
    }

    #[test]
    fn a_line_is_one_line_and_no_longer_than_asked() {
        assert_eq!(line("  a \r\n\n b\t", 80), "a b");
        for most in 0..20 {
            assert!(line("日本語 text 🦀 and more", most).len() <= most + '…'.len_utf8());
        }
        assert_eq!(first_line("\n \u{1b}[1m\n  the point\nthe rest", 80), "the point");
        assert_eq!(first_line("", 80), "");
    }

    #[test]
    fn the_end_of_a_path_is_what_stays() {
        assert_eq!(ending("src/lib.rs", 40), "src/lib.rs");
        assert_eq!(ending("a/very/long/way/to/src/lib.rs", 10), "…src/lib.rs");
        assert_eq!(ending("日日日日", 4), "…日");
    }
}
