//! What every tracked file owes its readers: no mention of somebody's machine, dependencies from the public
//! registries only, an opening that says what the file is for, and a length that can be read in one go.

use crate::failure::{Failure, Outcome};
use crate::ground::Ground;
use std::collections::BTreeMap;
use std::fs;

/// Past this many lines a file has a second subject.
const LONGEST: usize = 500;
/// The most lines of Rust below the `src` of a crate of `host/`, files of unit tests apart.
const LARGEST: usize = 12_000;
/// Folders below which people have their own.
const PERSONAL: [&str; 3] = ["home", "Users", "root"];
/// People who do not exist.
const NOBODY: [&str; 3] = ["ann", "agent", "jackfield"];
/// Where locked dependencies come from.
const REGISTRIES: [&str; 2] =
    ["registry+https://github.com/rust-lang/crates.io-index", "https://registry.npmjs.org/"];

pub(crate) fn check(ground: &Ground) -> Outcome {
    let files = ground.files()?;
    let here = ground.root.to_string_lossy().into_owned();
    let mut faults = Vec::new();
    let mut sizes = BTreeMap::new();
    for file in &files {
        // A file that git knows and that is gone is a change in progress.
        let Ok(bytes) = fs::read(ground.root.join(file)) else { continue };
        let Ok(text) = String::from_utf8(bytes) else { continue };
        faults.extend(faults_of(file, &text, &here));
        if let Some(name) = crate_of(file) {
            *sizes.entry(name.to_owned()).or_insert(0) += text.lines().count();
        }
        if file.ends_with(".md") {
            faults
                .extend(missing(&text, &files).map(|path| format!("{file}: names {path}, which no file is")));
        }
    }
    faults.extend(too_large(&sizes));
    if faults.is_empty() {
        let largest = sizes.iter().max_by_key(|(_, lines)| **lines);
        let largest = largest.map(|(name, lines)| format!(", the largest crate {name} with {lines} lines"));
        println!("{} files{}", files.len(), largest.unwrap_or_default());
        return Ok(());
    }
    Err(Failure::new(faults.join("\n"), "mend each where it says"))
}

fn faults_of(file: &str, text: &str, here: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if file.ends_with(".rs") {
        if !text.starts_with("//!") {
            faults.push(format!("{file}:1: does not open with //! and what the file is for"));
        }
        let lines = text.lines().count();
        if lines > LONGEST {
            faults.push(format!("{file}: has {lines} lines; past {LONGEST} there is a second subject in it"));
        }
    }
    let lock = file.ends_with("Cargo.lock") || file.ends_with("package-lock.json");
    for (number, line) in text.lines().enumerate() {
        let at = number + 1;
        if line.contains(here) {
            faults.push(format!("{file}:{at}: names the folder that this clone is in"));
        }
        if let Some(person) = personal(line) {
            faults.push(format!("{file}:{at}: names somebody's own folder, {person}"));
        }
        if lock && foreign(line) {
            faults.push(format!("{file}:{at}: locks a package from elsewhere than the public registry"));
        }
    }
    faults
}

/// The crate of `host/` that a source file belongs to.
fn crate_of(file: &str) -> Option<&str> {
    let (name, inner) = file.strip_prefix("host/")?.split_once('/')?;
    (inner.starts_with("src/") && inner.ends_with(".rs") && !inner.ends_with("/tests.rs")).then_some(name)
}

/// Crates with more lines than [`LARGEST`].
fn too_large(sizes: &BTreeMap<String, usize>) -> impl Iterator<Item = String> {
    let large = sizes.iter().filter(|(_, lines)| **lines > LARGEST);
    large.map(|(name, lines)| format!("host/{name}: has {lines} lines; split it, {LARGEST} are the most"))
}

/// Source files that a document names in its prose and that are not there. A name is the end of a path.
fn missing<'a>(text: &'a str, files: &'a [String]) -> impl Iterator<Item = &'a str> {
    let prose = text.split("```").step_by(2).flat_map(|part| part.split('`').skip(1).step_by(2));
    let sources = prose.filter(|named| named.ends_with(".rs") && !named.contains([' ', '*', '{']));
    sources.filter(|named| {
        let end = format!("/{named}");
        !files.iter().any(|file| file == named || file.ends_with(&end))
    })
}

/// A personal folder that the line names.
fn personal(line: &str) -> Option<&str> {
    PERSONAL.iter().find_map(|folder| {
        let begins = format!("/{folder}/");
        line.match_indices(begins.as_str()).find_map(|(at, _)| {
            let rest = line.get(at + begins.len()..)?;
            let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"_-.".contains(letter));
            let name = rest.get(..end.unwrap_or(rest.len()))?;
            let real = !name.is_empty() && !NOBODY.contains(&name);
            real.then(|| line.get(at..at + begins.len() + name.len())).flatten()
        })
    })
}

/// Whether a line of a lockfile names a source that is not public.
fn foreign(line: &str) -> bool {
    let source = line.trim().trim_end_matches(',');
    let named = source.strip_prefix("source = ").or_else(|| source.strip_prefix("\"resolved\": "));
    named.is_some_and(|named| !REGISTRIES.iter().any(|known| named.trim_matches('"').starts_with(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(file: &str, text: &str) -> usize {
        faults_of(file, text, "/srv/clone").len()
    }

    #[test]
    fn a_rust_file_says_what_it_is_for() {
        assert_eq!(faults("a.rs", "//! Something.\nfn main() {}\n"), 0);
        assert_eq!(faults("a.rs", "fn main() {}\n"), 1);
        assert_eq!(faults("a.md", "text\n"), 0);
    }

    #[test]
    fn a_rust_file_ends_before_its_second_subject() {
        let long = format!("//! Long.\n{}", "\n".repeat(LONGEST));
        assert_eq!(faults("a.rs", &long), 1);
        assert_eq!(faults("a.jsonl", &long), 0);
    }

    #[test]
    fn crate_over_the_limit_is_a_fault() {
        assert_eq!(crate_of("host/runs/src/escalation/context.rs"), Some("runs"));
        assert_eq!(crate_of("host/plugins/tests/it/main.rs"), None);
        assert_eq!(crate_of("host/store/src/file/writer/tests.rs"), None);
        assert_eq!(crate_of("xtask/src/main.rs"), None);
        let sizes = BTreeMap::from([("runs".to_owned(), LARGEST), ("store".to_owned(), LARGEST + 1)]);
        assert_eq!(too_large(&sizes).count(), 1);
    }

    #[test]
    fn document_that_names_a_missing_file_is_a_fault() {
        let files = ["host/a/src/b.rs".to_owned()];
        let text = "`a/src/b.rs`, `b.rs` and `c.rs`\n```\n`d.rs`\n```\n`src/c.rs`, `x_*.rs`";
        assert_eq!(missing(text, &files).collect::<Vec<_>>(), ["c.rs", "src/c.rs"]);
    }

    #[test]
    fn nobody_finds_their_own_folder_here() {
        let someone = ["/home", "someone/x"].join("/");
        assert_eq!(faults("a.md", &format!("see {someone}")), 1);
        assert_eq!(faults("a.md", &format!("see {}", ["/root", ".cargo"].join("/"))), 1);
        assert_eq!(faults("a.md", "see /home/ann/project and ~/.local"), 0);
        assert_eq!(faults("a.md", "folders below /home/ are personal"), 0);
        assert_eq!(faults("a.md", "built in /srv/clone/target"), 1);
    }

    #[test]
    fn dependencies_come_from_the_public_registries() {
        let known = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
        assert_eq!(faults("Cargo.lock", known), 0);
        assert_eq!(faults("Cargo.lock", "source = \"registry+https://crates.example/index\""), 1);
        assert_eq!(
            faults("x/package-lock.json", "  \"resolved\": \"https://registry.npmjs.org/a/-/a-1.tgz\","),
            0
        );
        assert_eq!(faults("x/package-lock.json", "  \"resolved\": \"https://npm.example/a-1.tgz\","), 1);
    }
}
