//! What an agent wrote, as text that shows all that it does: no terminal escapes, no control
//! characters, no characters that hide or turn round what stands beside them.

use alloc::string::String;

/// The characters of `text` that can be seen, line ends and tabs among them. Lazy, so that whoever
/// stops reading early pays for no more.
pub fn visible(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut chars = text.chars().peekable();
    core::iter::from_fn(move || {
        loop {
            let this = chars.next()?;
            if this == '\u{1b}' {
                // A terminal's control sequence: `[`, parameters, one final character.
                if chars.next_if_eq(&'[').is_some() {
                    while chars.next_if(|c| (' '..='?').contains(c)).is_some() {}
                    let _final = chars.next_if(|c| ('@'..='~').contains(c));
                }
            } else if matches!(this, '\n' | '\t') || !hidden(this) {
                return Some(this);
            }
        }
    })
}

fn hidden(this: char) -> bool {
    this.is_control()
        || matches!(this,
            // Soft hyphen, zero-width characters and joiners, marks and overrides of direction.
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            // Line and paragraph separators, which some renderers break a line at.
            | '\u{2028}' | '\u{2029}'
            // Tags: text that no one sees and models read.
            | '\u{e0000}'..='\u{e007f}')
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
