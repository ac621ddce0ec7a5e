//! Rust source as words: enough to see which items and paths a file has, without a parser's build time.

/// What a file says without comments and without what is compiled for tests only. Texts keep their opening quote.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) words: Vec<String>,
}

impl Source {
    pub(crate) fn read(text: &str) -> Self {
        Self { words: without_tests(&words(text)) }
    }

    pub(crate) fn at(&self, place: usize) -> &str {
        self.words.get(place).map_or("", String::as_str)
    }

    /// Whether two colons stand there.
    pub(crate) fn colons(&self, place: usize) -> bool {
        self.at(place) == "::"
    }

    /// The place behind the bracket that closes the one at `open`.
    pub(crate) fn behind(&self, open: usize) -> usize {
        behind(&self.words, open)
    }
}

pub(crate) fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

fn behind(words: &[String], open: usize) -> usize {
    let mut depth = 0_usize;
    for (place, word) in words.iter().enumerate().skip(open) {
        match word.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return place + 1;
                }
            }
            _ => {}
        }
    }
    words.len()
}

/// Names, texts, and marks; `::` and `->` are one word each.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_whitespace() {
            first.len_utf8()
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            comment(rest)
        } else if let Some(length) = quoted(rest) {
            words.push(format!("\"{}", rest.get(..length).unwrap_or_default().trim_matches('"')));
            length
        } else if first == '\'' {
            letter(rest)
        } else {
            let length = word(rest, first);
            words.push(rest.get(..length).unwrap_or_default().trim_start_matches("r#").to_owned());
            length
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    words
}

fn word(rest: &str, first: char) -> usize {
    let part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let name = |text: &str| text.find(|letter| !part(letter)).unwrap_or(text.len());
    if let Some(raw) = rest.strip_prefix("r#") {
        return 2 + name(raw);
    }
    match rest.get(..2) {
        _ if part(first) => name(rest),
        Some("::" | "->") => 2,
        _ => first.len_utf8(),
    }
}

/// The length of a comment that may hold comments.
fn comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of a text, raw or not, if one begins here.
fn quoted(rest: &str) -> Option<usize> {
    let plain = rest.trim_start_matches(['b', 'c']);
    let before = rest.len() - plain.len();
    if before > 1 {
        return None;
    }
    if let Some(raw) = plain.strip_prefix('r') {
        let inner = raw.trim_start_matches('#');
        let hashes = raw.len() - inner.len();
        let inner = inner.strip_prefix('"')?;
        let closing = format!("\"{}", "#".repeat(hashes));
        let end = inner.find(&closing).map_or(inner.len(), |end| end + closing.len());
        return Some(before + 2 + hashes + end);
    }
    let inner = plain.strip_prefix('"')?;
    let mut escaped = false;
    for (at, letter) in inner.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(before + 2 + at),
            _ => {}
        }
    }
    Some(rest.len())
}

/// The length of a letter in quotes, or of the quote alone where it begins a lifetime.
fn letter(rest: &str) -> usize {
    let mut letters = rest.char_indices().skip(1);
    match (letters.next(), letters.next()) {
        // The letter behind the backslash may be a quote itself.
        (Some((_, '\\')), Some((at, escaped))) => {
            let from = at + escaped.len_utf8();
            rest.get(from..).and_then(|more| more.find('\'')).map_or(rest.len(), |end| from + end + 1)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        (Some((at, first)), _) if is_name(&first.to_string()) => {
            at + rest.get(at..).map_or(0, |name| word(name, first))
        }
        _ => 1,
    }
}

/// The words without the items that stand behind `#[cfg(test)]`.
fn without_tests(words: &[String]) -> Vec<String> {
    let at = |place: usize| words.get(place).map_or("", String::as_str);
    let mut kept = Vec::new();
    let mut place = 0;
    while place < words.len() {
        let attribute = at(place) == "#" && at(place + 1) == "[";
        let only = match at(place + 4) {
            "test" => true,
            "all" => at(place + 6) == "test",
            _ => false,
        };
        if attribute && at(place + 2) == "cfg" && only {
            place = behind_item(words, place);
        } else {
            kept.extend(words.get(place).cloned());
            place += 1;
        }
    }
    kept
}

/// The place behind the item, field or statement whose attributes begin at `place`.
fn behind_item(words: &[String], mut place: usize) -> usize {
    let at = |place: usize| words.get(place).map_or("", String::as_str);
    while at(place) == "#" && at(place + 1) == "[" {
        place = behind(words, place + 1);
    }
    let mut with_body = false;
    loop {
        match at(place) {
            "" => return words.len(),
            ";" | "," => return place + 1,
            // What the item stands in ends.
            "}" | ")" | "]" => return place,
            "fn" | "mod" | "impl" | "struct" | "enum" | "trait" | "union" | "macro_rules" => with_body = true,
            "{" if with_body => return behind(words, place),
            "{" | "(" | "[" => {
                place = behind(words, place);
                continue;
            }
            _ => {}
        }
        place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        Source::read(text).words.join(" ")
    }

    #[test]
    fn comment_is_left_out() {
        assert_eq!(line("a // b\n/* c /* d */ e */ f"), "a f");
    }

    #[test]
    fn text_and_letter_hold_no_words() {
        assert_eq!(
            line(r#"f("a \" {", '{', '\'', b'x', r"}", 'a');"#),
            "f ( \"a \\\" { , , , b , \"r\"} , ) ;"
        );
        assert_eq!(line("r#\"impl X { \" }\"#"), "\"r#\"impl X { \" }\"#");
    }

    #[test]
    fn lifetime_is_no_letter() {
        assert_eq!(line("impl<'a> A<'a> { fn a(&'a self) {} }"), "impl < > A < > { fn a ( & self ) { } }");
    }

    #[test]
    fn item_for_tests_is_left_out() {
        assert_eq!(line("a(); #[cfg(test)] mod tests { fn x() { y(); } } b();"), "a ( ) ; b ( ) ;");
        assert_eq!(line("#[cfg(test)] #[path = \"x.rs\"] mod tests; b();"), "b ( ) ;");
        assert_eq!(line("#[cfg(test)] use a::{b, c}; d();"), "d ( ) ;");
        assert_eq!(line("struct A { #[cfg(test)] a: Vec<u8>, b: u8 }"), "struct A { b : u8 }");
        assert_eq!(line("#[cfg(all(test, unix))] pub(crate) fn a() -> u8 { 1 } b();"), "b ( ) ;");
        assert_eq!(line("#[cfg(not(test))] fn a() {}"), "# [ cfg ( not ( test ) ) ] fn a ( ) { }");
    }
}
