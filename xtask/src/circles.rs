//! Dependencies between the files of a crate go in one direction.
//!
//! A file depends on another one if it imports or names an item that the other defines. Declaring a module and
//! re-exporting its items (`pub use`) is no dependency; an import is resolved through re-exports to the defining file.

use crate::modules::Crate;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn faults(crates: &[Crate]) -> Vec<String> {
    crates.iter().filter_map(|one| fault(&one.name, &one.edges())).collect()
}

fn fault(name: &str, edges: &BTreeSet<(&str, &str)>) -> Option<String> {
    let circles = circles(edges);
    if circles.is_empty() {
        return None;
    }
    let described: Vec<String> = circles.iter().map(|circle| described(circle, edges)).collect();
    Some(format!(
        "host/{name}: files depend on each other in a circle: move what both sides need into a file of its own\n{}",
        described.join("\n")
    ))
}

/// Describes a circle with its dependencies, file by file.
fn described(circle: &BTreeSet<&str>, edges: &BTreeSet<(&str, &str)>) -> String {
    let lines = circle.iter().map(|file| {
        let needs: Vec<&str> = edges
            .iter()
            .filter(|(from, to)| from == file && circle.contains(to))
            .map(|(_, to)| *to)
            .collect();
        format!("    {file} needs {}", needs.join(", "))
    });
    format!("  {} files:\n{}", circle.len(), lines.collect::<Vec<_>>().join("\n"))
}

/// The sets of files that depend on each other, largest first.
fn circles<'a>(edges: &BTreeSet<(&'a str, &'a str)>) -> Vec<BTreeSet<&'a str>> {
    let files: BTreeSet<&str> = edges.iter().flat_map(|(from, to)| [*from, *to]).collect();
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        files.iter().map(|file| (*file, reached(file, edges))).collect();
    let leads = |from: &str, to: &str| reach.get(from).is_some_and(|reached| reached.contains(to));
    let mut circles = BTreeSet::new();
    for file in &files {
        let circle: BTreeSet<&str> =
            files.iter().filter(|other| leads(file, other) && leads(other, file)).copied().collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    let mut circles: Vec<_> = circles.into_iter().collect();
    circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    circles
}

fn reached<'a>(file: &str, edges: &BTreeSet<(&'a str, &'a str)>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![file];
    while let Some(at) = open.pop() {
        for (_, to) in edges.iter().filter(|(from, _)| *from == at) {
            if reached.insert(*to) {
                open.push(to);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::of;

    fn found(files: &[(&str, &str)]) -> Option<String> {
        let one = of(files);
        fault(&one.name, &one.edges())
    }

    const BOTH: [(&str, &str); 3] = [
        ("lib.rs", "mod b; mod c;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "pub struct C; impl C { fn c() -> crate::b::B { b() } }"),
    ];

    #[test]
    fn files_that_need_each_other_are_a_fault() {
        let fault = found(&BOTH).unwrap();
        assert!(fault.contains("b.rs needs c.rs") && fault.contains("c.rs needs b.rs"), "{fault}");
    }

    #[test]
    fn files_in_one_direction_are_no_fault() {
        let files = [
            ("lib.rs", "mod b; mod c; use b::B; fn a() { c::run() }"),
            ("b.rs", "use super::c::{self, C as D}; pub struct B;"),
            ("c.rs", "pub struct C; pub fn run() {} #[cfg(test)] mod tests { use crate::b::B; }"),
        ];
        assert_eq!(found(&files), None);
    }

    #[test]
    fn child_and_parent_that_need_each_other_are_a_fault() {
        let used = [
            ("lib.rs", "mod b;"),
            ("b.rs", "mod c; pub struct B(c::C);"),
            ("b/c.rs", "pub struct C; fn c() -> super::B { b() }"),
        ];
        assert!(found(&used).is_some());
        let imported = [("lib.rs", "mod b; use b::B; struct A(B);"), ("b.rs", "use crate::A; pub struct B;")];
        assert!(found(&imported).is_some());
    }

    #[test]
    fn item_that_is_passed_on_leads_to_where_it_is_defined() {
        let passed = [
            ("lib.rs", "mod b; mod c; pub use b::B; pub(crate) use c::{C, D};"),
            ("b.rs", "use crate::{C, D}; pub struct B(C, D);"),
            ("c.rs", "pub struct C; pub struct D;"),
        ];
        assert_eq!(found(&passed), None);
        let back = [
            ("lib.rs", "mod b; mod c; pub use b::B; pub(crate) use c::{C, D};"),
            ("b.rs", "use crate::{C, D}; pub struct B(C, D);"),
            ("c.rs", "use super::B; pub struct C; pub struct D;"),
        ];
        assert!(found(&back).is_some());
    }

    #[test]
    fn module_within_a_file_belongs_to_the_file() {
        let files = [
            ("lib.rs", "mod b; mod c;"),
            ("b.rs", "pub mod inner { pub struct B; } use crate::c::C;"),
            ("c.rs", "fn c() -> crate::b::inner::B { b() }"),
        ];
        assert!(found(&files).is_some());
    }
}
