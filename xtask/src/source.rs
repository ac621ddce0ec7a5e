//! Rust source as words: enough to see which items and paths a file has, those within macros too, which a parser of
//! Rust would not look into.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The words of a file, without those that are compiled for tests only. Literals begin with a quote.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) words: Vec<String>,
}

impl Source {
    pub(crate) fn read(text: &str) -> Self {
        let mut found = Vec::new();
        // A file that is no Rust does not compile, and is found by that.
        words(text.parse().unwrap_or_default(), &mut found);
        Self { words: without_tests(&found) }
    }

    pub(crate) fn at(&self, place: usize) -> &str {
        self.words.get(place).map_or("", String::as_str)
    }

    /// Whether the token is `::`.
    pub(crate) fn colons(&self, place: usize) -> bool {
        self.at(place) == "::"
    }

    /// The position after the bracket that closes the one at `open`.
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

/// Names, literals and marks in the order of the file; `::` and `->` are one word each. Comments and lifetimes are no
/// words, and a documentation comment is the attribute that it stands for.
fn words(tokens: TokenStream, found: &mut Vec<String>) {
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                found.push(open.to_owned());
                words(group.stream(), found);
                found.push(close.to_owned());
            }
            TokenTree::Ident(name) => found.push(name.to_string().trim_start_matches("r#").to_owned()),
            TokenTree::Literal(literal) => {
                found.push(format!("\"{}", literal.to_string().trim_matches('"')));
            }
            TokenTree::Punct(mark) if mark.as_char() == '\'' => drop(rest.next()),
            TokenTree::Punct(mark) => {
                let pair = [mark.as_char(), rest.peek().map_or(' ', second)];
                match pair {
                    [':', ':'] | ['-', '>'] => {
                        rest.next();
                        found.push(pair.iter().collect());
                    }
                    [single, _] => found.push(single.to_string()),
                }
            }
        }
    }
}

fn second(token: &TokenTree) -> char {
    match token {
        TokenTree::Punct(mark) => mark.as_char(),
        _ => ' ',
    }
}

/// The tokens without the items after `#[cfg(test)]`.
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

/// The position after the item, field or statement with the attributes at `place`.
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
            // The end of the enclosing item.
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
    fn literal_is_one_word() {
        assert_eq!(line(r#"f("impl X {", '{', b'x', 1.5);"#), "f ( \"impl X { , \"'{' , \"b'x' , \"1.5 ) ;");
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
