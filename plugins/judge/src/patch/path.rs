//! Paths as git writes them: plain, or in quotes with escapes like those of C.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// A path on its own, after `rename from ` and the like.
pub(crate) fn plain(text: &str) -> String {
    quoted(text).map_or_else(|| text.to_owned(), |(path, _)| path)
}

/// The path after `--- ` or `+++ `, without `a/` or `b/`; none for `/dev/null`.
pub(crate) fn side(text: &str) -> Option<String> {
    let path = match quoted(text) {
        Some((path, _)) => path,
        // A tab ends a path with a space in it; other programs write the time behind it.
        None => text.split('\t').next().unwrap_or_default().to_owned(),
    };
    (path != "/dev/null").then(|| bare(&path).to_owned())
}

/// Both paths after `diff --git `. Where they differ and hold spaces this is a guess, which the
/// lines that follow mend.
pub(crate) fn both(text: &str) -> (String, String) {
    if let Some((old, rest)) = quoted(text) {
        return (bare(&old).to_owned(), bare(&plain(rest.trim_start())).to_owned());
    }
    if let Some((old, new)) = text.split_once(" \"")
        && let Some((new, _)) = quoted(text.get(old.len() + 1..).unwrap_or(new))
    {
        return (bare(old).to_owned(), bare(&new).to_owned());
    }
    // Two paths that are the same but for their beginning are of the same length.
    let middle = text.len() / 2;
    if let (Some(old), Some(new)) = (text.get(..middle), text.get(middle + 1..))
        && bare(old) == bare(new)
    {
        return (bare(old).to_owned(), bare(new).to_owned());
    }
    let (old, new) = match text.find(" b/") {
        Some(at) => text.split_at(at),
        None => text.split_once(' ').unwrap_or((text, text)),
    };
    (bare(old).to_owned(), bare(new.trim_start()).to_owned())
}

fn bare(path: &str) -> &str {
    path.strip_prefix("a/").or_else(|| path.strip_prefix("b/")).unwrap_or(path)
}

/// A quoted path at the beginning of `text`, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut bytes = Vec::new();
    let mut rest = inner.bytes().enumerate();
    while let Some((at, byte)) = rest.next() {
        match byte {
            b'"' => {
                return Some((
                    String::from_utf8_lossy(&bytes).into_owned(),
                    inner.get(at + 1..).unwrap_or_default(),
                ));
            }
            b'\\' => bytes.push(match rest.next()?.1 {
                b'a' => 7,
                b'b' => 8,
                b't' => b'\t',
                b'n' => b'\n',
                b'v' => 11,
                b'f' => 12,
                b'r' => b'\r',
                high @ b'0'..=b'3' => {
                    let [middle, low] = [rest.next()?.1, rest.next()?.1];
                    let digit = |byte: u8| matches!(byte, b'0'..=b'7').then(|| byte - b'0');
                    digit(high)? << 6 | digit(middle)? << 3 | digit(low)?
                }
                other => other,
            }),
            other => bytes.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> (String, String) {
        both(text)
    }

    #[test]
    fn paths_with_spaces_quotes_and_other_letters_are_read_as_git_means_them() {
        let cases = [
            ("a/src/lib.rs b/src/lib.rs", "src/lib.rs", "src/lib.rs"),
            ("a/with space b/x b/with space b/x", "with space b/x", "with space b/x"),
            (r#""a/tab\there" "b/tab\there""#, "tab\there", "tab\there"),
            (r#""a/\303\251.txt" "b/\303\251.txt""#, "é.txt", "é.txt"),
            (r#"a/plain "b/say \"hi\"""#, "plain", "say \"hi\""),
            (r#""a/say \"hi\"" b/plain"#, "say \"hi\"", "plain"),
            ("a/old b/new", "old", "new"),
            ("same same", "same", "same"),
            ("", "", ""),
        ];
        for (text, old, new) in cases {
            assert_eq!(split(text), (old.to_owned(), new.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_side_is_without_its_prefix_its_time_and_its_absence() {
        assert_eq!(side("a/src/lib.rs").as_deref(), Some("src/lib.rs"));
        assert_eq!(side("b/with space\t").as_deref(), Some("with space"));
        assert_eq!(side("old.c\t2026-01-01 00:00:00").as_deref(), Some("old.c"));
        assert_eq!(side("\"b/line\\nend\"").as_deref(), Some("line\nend"));
        assert_eq!(side("/dev/null"), None);
    }

    #[test]
    fn quotes_that_never_end_are_taken_as_they_are() {
        for text in ["\"a/x", "\"a/\\", "\"a/\\30", "\"a/\\9\\37", "\"\\377\\376"] {
            assert!(!plain(text).is_empty());
            assert!(!both(text).0.is_empty());
        }
        assert_eq!(plain("\"\\377\""), "\u{fffd}");
    }
}
