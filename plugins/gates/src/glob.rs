//! Globs over paths that are not files any more: those of a diff. As the host's globs are: `*` and `?` stay within
//! one folder, `**` does not, `[ab]` is one of some characters, and `{a,b}` one of some texts.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// Longest pattern, bytes, and most that one stands for with its braces taken apart.
const LONGEST: usize = 1024;
const MOST: usize = 256;

/// Patterns, any of which may match.
pub(crate) struct Globs(Vec<Glob>);

struct Glob {
    /// As it was written.
    text: String,
    /// Without braces, a folder each.
    ways: Vec<Vec<Vec<char>>>,
}

impl Globs {
    /// # Errors
    /// What is wrong with one of them.
    pub(crate) fn read(texts: &[&str]) -> Result<Self, String> {
        texts.iter().map(|text| Glob::read(text)).collect::<Result<_, _>>().map(Self)
    }

    /// The first that matches, as it was written.
    pub(crate) fn matching(&self, path: &str) -> Option<&str> {
        let parts: Vec<Vec<char>> = path.split('/').map(|part| part.chars().collect()).collect();
        let found = self.0.iter().find(|glob| glob.ways.iter().any(|way| folders(way, &parts)));
        found.map(|glob| glob.text.as_str())
    }
}

impl Glob {
    /// A pattern that ends with `/`, or holds nothing but a name, means everything below it too.
    fn read(text: &str) -> Result<Self, String> {
        let trimmed = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
        if trimmed.is_empty() || text.len() > LONGEST || text.starts_with('/') {
            return Err(format!(
                "{text:?} is not a pattern of 1 to {LONGEST} bytes, relative to the worktree"
            ));
        }
        let mut ways = Vec::new();
        for way in without_braces(trimmed)? {
            let parts: Vec<Vec<char>> = way.split('/').map(|part| part.chars().collect()).collect();
            if parts.iter().any(|part| !closed(part)) {
                return Err(format!("{text:?} has a `[` without its `]`"));
            }
            let plain = !way.contains(['*', '?', '[']);
            if plain || text.ends_with('/') {
                let mut below = parts.clone();
                below.push(vec!['*', '*']);
                ways.push(below);
            }
            ways.push(parts);
        }
        Ok(Self { text: text.to_owned(), ways })
    }
}

/// The first pair of braces taken apart, and what comes of that again, until there are none.
fn without_braces(text: &str) -> Result<Vec<String>, String> {
    let (mut done, mut left) = (Vec::new(), vec![text.to_string()]);
    while let Some(next) = left.pop() {
        let Some((before, rest)) = next.split_once('{') else {
            done.push(next);
            continue;
        };
        let (inside, after) =
            rest.split_once('}').ok_or_else(|| format!("{text:?} has a `{{` without its `}}`"))?;
        if inside.contains('{') {
            return Err(format!("{text:?} has braces within braces"));
        }
        left.extend(inside.split(',').map(|one| format!("{before}{one}{after}")));
        if done.len() + left.len() > MOST {
            return Err(format!("{text:?} stands for more than {MOST} patterns"));
        }
    }
    Ok(done)
}

fn closed(part: &[char]) -> bool {
    part.iter().rposition(|c| *c == '[').is_none_or(|open| part.iter().skip(open).any(|c| *c == ']'))
}

/// Folder by folder: where the last `**` stood, it may take one folder more.
fn folders(pattern: &[Vec<char>], path: &[Vec<char>]) -> bool {
    let any = |part: &Vec<char>| part.as_slice() == ['*', '*'];
    let (mut at, mut from, mut back) = (0, 0, None);
    while let Some(part) = path.get(from) {
        match pattern.get(at) {
            Some(wanted) if any(wanted) => {
                back = Some((at, from));
                at += 1;
            }
            Some(wanted) if name(wanted, part) => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((star, taken)) = back else { return false };
                back = Some((star, taken + 1));
                (at, from) = (star + 1, taken + 1);
            }
        }
    }
    pattern.iter().skip(at).all(any)
}

/// One name, in the same way.
fn name(pattern: &[char], text: &[char]) -> bool {
    let (mut at, mut from, mut back) = (0, 0, None);
    while let Some(c) = text.get(from) {
        let step = match pattern.get(at) {
            Some('*') => {
                back = Some((at, from));
                at += 1;
                continue;
            }
            Some('?') => Some(1),
            Some('[') => one_of(pattern.get(at..).unwrap_or_default(), *c),
            Some(wanted) if wanted == c => Some(1),
            _ => None,
        };
        match (step, back) {
            (Some(step), _) => {
                at += step;
                from += 1;
            }
            (None, Some((star, taken))) => {
                back = Some((star, taken + 1));
                (at, from) = (star + 1, taken + 1);
            }
            (None, None) => return false,
        }
    }
    pattern.iter().skip(at).all(|c| *c == '*')
}

/// How long the brackets at the beginning are, where the character is one of theirs.
fn one_of(pattern: &[char], c: char) -> Option<usize> {
    let inside = pattern.get(1..)?;
    let end = inside.iter().skip(1).position(|c| *c == ']')? + 1;
    let inside = inside.get(..end)?;
    let (not, inside) = match inside.split_first() {
        Some(('!' | '^', rest)) if !rest.is_empty() => (true, rest),
        _ => (false, inside),
    };
    let (mut holds, mut at) = (false, 0);
    while let Some(first) = inside.get(at) {
        match (inside.get(at + 1), inside.get(at + 2)) {
            (Some('-'), Some(last)) => {
                holds |= (*first..=*last).contains(&c);
                at += 3;
            }
            _ => {
                holds |= *first == c;
                at += 1;
            }
        }
    }
    (holds != not).then_some(end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_matches_a_glob_as_a_file_does() {
        let all = [
            ("secret/", "secret/a/b", true),
            ("secret", "secret/key", true),
            ("secret", "secret", true),
            ("secret", "secrets/key", false),
            ("secret/**", "public/secret/key", false),
            ("**/secret/**", "public/secret/key", true),
            ("**/secret/**", "secret/key", true),
            ("**", "../other", true),
            ("*.rs", "a.rs", true),
            ("*.rs", "src/a.rs", false),
            ("src/**/*.rs", "src/a.rs", true),
            ("src/**/*.rs", "src/a/b/c.rs", true),
            ("src/**/*.rs", "src/a/b/c.txt", false),
            ("src/*/c.rs", "src/a/b/c.rs", false),
            ("{src,docs}/*.{rs,md}", "docs/a.md", true),
            ("{src,docs}/*.{rs,md}", "docs/a.txt", false),
            ("a?c", "abc", true),
            ("a[b-d]c", "acc", true),
            ("a[!b-d]c", "acc", false),
            ("a[!b-d]c", "axc", true),
            ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false),
            (".env*", ".env.local", true),
            ("./secret/", "secret/x", true),
        ];
        for (pattern, path, matches) in all {
            let globs = Globs::read(&[pattern]).unwrap();
            assert_eq!(globs.matching(path).is_some(), matches, "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_that_means_nothing_is_refused() {
        for (pattern, why) in [
            ("", "is not a pattern"),
            ("/etc", "relative to the worktree"),
            ("a[b", "without its `]`"),
            ("{a", "without its `}`"),
            ("{a,{b,c}}", "braces within braces"),
            ("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", "more than 256"),
        ] {
            let told = Globs::read(&[pattern]).err().unwrap();
            assert!(told.contains(why), "{pattern}: {told}");
        }
    }
}
