//! Diffs between two versions.

use jackfield_skills::diff;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

fn texts(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn diff_names_changed_added_and_removed_files() {
    let before = texts(&[("SKILL.md", "one\ntwo\n"), ("old.txt", "gone\n"), ("same", "same\n")]);
    let after = texts(&[("SKILL.md", "one\n2\n"), ("new.txt", "new\n"), ("same", "same\n")]);
    let expected = "--- a/SKILL.md\n+++ b/SKILL.md\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n\
        --- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+new\n\
        --- a/old.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n";
    assert_eq!(diff(&before, &after), expected);
    assert_eq!(diff(&before, &before), "");
}

#[test]
fn diff_of_hostile_texts_is_bounded_in_time_and_size() {
    let side = |seed: u32| {
        let (mut text, mut state) = (String::new(), seed);
        for _ in 0..300_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            writeln!(text, "{}", state >> 30).unwrap();
        }
        text
    };
    let (one, other) = (side(1), side(2));
    let paths: Vec<String> = (0..5).map(|at| format!("{at}")).collect();
    let all =
        |text: &str| paths.iter().map(|path| (path.clone(), text.to_owned())).collect::<BTreeMap<_, _>>();
    let start = Instant::now();
    let diff = diff(&all(&one), &all(&other));
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert!(diff.len() < 1024 * 1024 + 100 && diff.contains("\\ Diff too long: "), "{}", diff.len());
}
