//! The part of a unified diff that is about one file.

use std::borrow::Cow;

/// The beginning of each part. No line of a hunk and none of a binary patch begins so.
const BEGINS: &[u8] = b"diff --git ";

/// The part of a diff, as git writes it, about the file with this path: its new path, or its old one. Empty if there is
/// none.
pub fn diff_of_file(diff: &[u8], path: &str) -> Vec<u8> {
    let mut part = Vec::new();
    let mut is_wanted = false;
    let mut rest = diff;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
        let (line, after) = rest.split_at(end);
        if line.starts_with(BEGINS) {
            is_wanted = is_about(rest, path);
        }
        if is_wanted {
            part.extend_from_slice(line);
        }
        rest = after;
    }
    part
}

/// Whether the part that begins here names the file in its head.
fn is_about(part: &[u8], path: &str) -> bool {
    let mut lines = part.split(|byte| *byte == b'\n');
    let Some(first) = lines.next() else { return false };
    let head: Vec<_> =
        lines.take_while(|line| !line.starts_with(b"@@") && !line.starts_with(BEGINS)).collect();
    let named = head.iter().find_map(|line| name_of(line).filter(|name| name == path));
    // A change of the mode alone, and of what has no lines, is named in the first line only.
    let same = || {
        let line = String::from_utf8_lossy(first);
        line == format!("diff --git a/{path} b/{path}")
            || line.strip_prefix("diff --git ").is_some_and(|names| {
                let middle = names.len() / 2;
                let (old, new) = (names.get(..middle), names.get(middle + 1..));
                let is = |name: Option<&str>, prefix| {
                    name.is_some_and(|name| plain(name).strip_prefix(prefix) == Some(path))
                };
                is(old, "a/") && is(new, "b/")
            })
    };
    named.is_some() || same()
}

/// The path that a line of the head names.
fn name_of(line: &[u8]) -> Option<String> {
    let line = String::from_utf8_lossy(line);
    let with_prefix = |line: &str, head: &str, prefix: &str| {
        let name = line.strip_prefix(head)?;
        Some(plain(name.strip_suffix('\t').unwrap_or(name)).strip_prefix(prefix)?.to_owned())
    };
    let whole = |head: &str| Some(plain(line.strip_prefix(head)?).into_owned());
    with_prefix(&line, "+++ ", "b/")
        .or_else(|| with_prefix(&line, "--- ", "a/"))
        .or_else(|| whole("rename to "))
        .or_else(|| whole("rename from "))
}

/// A name without git's quotes and escapes.
fn plain(name: &str) -> Cow<'_, str> {
    let Some(quoted) = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) else {
        return name.into();
    };
    let mut bytes = Vec::new();
    let mut rest = quoted.bytes();
    while let Some(byte) = rest.next() {
        let escaped = if byte == b'\\' { rest.next() } else { None };
        match escaped {
            None => bytes.push(byte),
            Some(first @ b'0'..=b'3') => {
                let octal = [first, rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
                let value =
                    octal.iter().fold(0_u32, |value, digit| value * 8 + u32::from(digit.wrapping_sub(b'0')));
                bytes.push(u8::try_from(value).unwrap_or(b'?'));
            }
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'r') => bytes.push(b'\r'),
            Some(b'a') => bytes.push(7),
            Some(b'b') => bytes.push(8),
            Some(b'v') => bytes.push(11),
            Some(b'f') => bytes.push(12),
            Some(other) => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "diff --git a/one.rs b/one.rs\nindex 1..2 100644\n--- a/one.rs\n+++ b/one.rs\n@@ -1 +1 @@\n\
        -- a/two words.rs\n+diff --git a/x b/x\n\
        diff --git a/old.rs b/two words.rs\nsimilarity index 90%\nrename from old.rs\nrename to two words.rs\n\
        --- a/old.rs\n+++ b/two words.rs\t\n@@ -1 +1 @@\n-a\n+b\n\
        diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n\
        diff --git \"a/f\\303\\274r.txt\" \"b/f\\303\\274r.txt\"\nnew file mode 100644\nindex 0..1\nBinary files differ\n";

    #[test]
    fn part_of_each_file_is_found_and_parts_add_up_to_the_diff() {
        let part = |path| String::from_utf8(diff_of_file(DIFF.as_bytes(), path)).unwrap();
        let paths = ["one.rs", "two words.rs", "run.sh", "für.txt"];
        assert_eq!(paths.map(part).concat(), DIFF);
        assert_eq!(part("old.rs"), part("two words.rs"), "by its old name");
        assert!(part("one.rs").ends_with("+diff --git a/x b/x\n"));
        for none in ["x", "two", "", "one.rs\n", "b/one.rs"] {
            assert_eq!(part(none), "", "{none}");
        }
    }
}
