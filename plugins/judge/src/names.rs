//! What results are called: by who made them, and by a number where that is not enough.

use crate::facts::ResultInQuestion;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use jackfield_sdk::visible;

/// Longest part of a name, bytes.
const PART: usize = 32;

/// Most names in one list.
const LISTED: usize = 4;

/// A name for each result, no two the same.
pub(crate) fn names(results: &[ResultInQuestion]) -> Vec<String> {
    let short: Vec<_> = results.iter().map(executor).collect();
    let long: Vec<_> = results.iter().map(with_model).collect();
    let counts = |names: &[String]| {
        names.iter().fold(BTreeMap::new(), |mut counts, name| {
            *counts.entry(name.clone()).or_insert(0_u32) += 1;
            counts
        })
    };
    let (of_short, of_long) = (counts(&short), counts(&long));
    let alone = |counts: &BTreeMap<String, u32>, name: &String| counts.get(name) == Some(&1);
    let all = short.into_iter().zip(long).enumerate();
    all.map(|(place, (short, long))| {
        if alone(&of_short, &short) {
            short
        } else if alone(&of_long, &long) {
            long
        } else {
            format!("{long} #{}", place + 1)
        }
    })
    .collect()
}

fn executor(result: &ResultInQuestion) -> String {
    match visible::line(&result.report.executor, PART) {
        none if none.is_empty() => String::from("an agent"),
        name => name,
    }
}

fn with_model(result: &ResultInQuestion) -> String {
    let model = result.report.model.as_deref().map(|model| visible::line(model, PART)).unwrap_or_default();
    if model.is_empty() { executor(result) } else { format!("{}/{model}", executor(result)) }
}

/// `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`.
pub(crate) fn list(names: &[&str]) -> String {
    let named = if names.len() > LISTED { LISTED - 1 } else { names.len() };
    let (first, rest) = names.split_at(named);
    let last = match (rest.len(), first.split_last()) {
        (0, Some((last, []))) => return last.to_string(),
        (0, Some((last, others))) => return format!("{} and {last}", others.join(", ")),
        (0, None) => return String::new(),
        (more, _) => format!("{more} more"),
    };
    format!("{} and {last}", first.join(", "))
}

/// `both`, or `all 3`.
pub(crate) fn all(count: usize) -> String {
    if count == 2 { String::from("both") } else { format!("all {count}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{by, result};

    #[test]
    fn a_name_is_as_short_as_it_can_be_and_never_shared() {
        let results = [
            by("claude", Some("sonnet"), result("")),
            by("codex", Some("gpt"), result("")),
            by("claude", Some("opus"), result("")),
            by("gemini", None, result("")),
            by("gemini", None, result("")),
            by("\u{202e}\n", None, result("")),
        ];
        let expected = ["claude/sonnet", "codex", "claude/opus", "gemini #4", "gemini #5", "an agent"];
        assert_eq!(names(&results), expected);
    }

    #[test]
    fn a_list_reads_as_a_person_would_say_it() {
        let names = ["a", "b", "c", "d", "e", "f"];
        let expected = ["", "a", "a and b", "a, b and c", "a, b, c and d", "a, b, c and 2 more"];
        for (count, expected) in expected.iter().enumerate() {
            assert_eq!(list(&names[..count]), *expected);
        }
        assert_eq!((all(2), all(3)), ("both".to_owned(), "all 3".to_owned()));
    }
}
