//! The update of a skill as a unified diff.

use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Longest diff, bytes.
const LONGEST: usize = 1024 * 1024;
/// Lines around each change.
const CONTEXT: usize = 3;
/// Time to find small differences in. A diff stays correct after it, but is larger.
const PATIENCE: Duration = Duration::from_secs(2);

/// The unified diff between the text files of two versions, by path, as [`Files::texts`](crate::Files::texts) gives
/// them. Empty if they are equal.
///
/// After 1 MiB the diff ends with a line that says how many files are left out. Invisible characters stay as they are;
/// the findings of the new version list them.
pub fn diff(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> String {
    let deadline = Instant::now() + PATIENCE;
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed: Vec<&String> =
        paths.into_iter().filter(|path| before.get(*path) != after.get(*path)).collect();
    let mut text = String::new();
    for (at, path) in changed.iter().enumerate() {
        let part = file(path, before.get(*path), after.get(*path), deadline);
        if text.len() + part.len() > LONGEST {
            text.push_str(&format!("\\ Diff too long: {} more files changed\n", changed.len() - at));
            break;
        }
        text.push_str(&part);
    }
    text
}

fn file(path: &str, before: Option<&String>, after: Option<&String>, deadline: Instant) -> String {
    let side = |prefix, text: Option<&String>| match text {
        Some(_) => format!("{prefix}/{path}"),
        None => "/dev/null".to_owned(),
    };
    let (old, new) = (before.map_or("", String::as_str), after.map_or("", String::as_str));
    let mut config = TextDiff::configure();
    let diff = config.deadline(deadline).diff_lines(old, new);
    let (from, to) = (side("a", before), side("b", after));
    diff.unified_diff().context_radius(CONTEXT).header(&from, &to).to_string()
}
