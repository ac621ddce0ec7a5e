//! The width of types: the inherent methods of a type are in a few files, and are a few dozen at most.

use crate::modules::Crate;
use crate::source::{Source, is_name};
use std::collections::{BTreeMap, BTreeSet};

/// The most files and the most methods of one type.
const MOST: Width = Width { files: 3, methods: 40 };

/// Types above the limit. A figure may go down but not up: lower it when the type gets narrower, and remove the line
/// once the type keeps the limit.
const WIDER: &[(&str, &str, Width)] = &[];

/// The width of a type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Width {
    files: usize,
    methods: usize,
}

impl Width {
    fn exceeds(self, other: Self) -> bool {
        self.files > other.files || self.methods > other.methods
    }
}

/// A crate and a type: the folder below `host/` and the name.
type Type = (String, String);

pub(crate) fn faults(crates: &[Crate]) -> Vec<String> {
    let found: BTreeMap<Type, Width> = crates
        .iter()
        .flat_map(|one| widths(one).into_iter().map(|(name, width)| ((one.name.clone(), name), width)))
        .collect();
    compare(&found, WIDER)
}

fn compare(found: &BTreeMap<Type, Width>, wider: &[(&str, &str, Width)]) -> Vec<String> {
    let listed =
        |(folder, name): &Type| wider.iter().find(|one| one.0 == folder && one.1 == name).map(|one| one.2);
    let mut faults = Vec::new();
    for (which, width) in found {
        let (folder, name) = which;
        let Width { files, methods } = *width;
        let most = listed(which).unwrap_or(MOST);
        if width.exceeds(most) {
            faults.push(format!(
                "host/{folder}: {name} has {methods} methods of its own in {files} files, where {} in {} are the most: \
                 give what it does to a narrower type",
                most.methods, most.files
            ));
        }
    }
    for (folder, name, most) in wider {
        let width = found.get(&((*folder).to_owned(), (*name).to_owned())).copied().unwrap_or_default();
        if !width.exceeds(MOST) {
            faults.push(format!(
                "host/{folder}: {name} keeps to the limit: remove it from xtask/src/widths.rs"
            ));
        } else if most.files > width.files || most.methods > width.methods {
            let Width { files, methods } = width;
            faults.push(format!(
                "host/{folder}: {name} became narrower: write files: {files}, methods: {methods} in xtask/src/widths.rs"
            ));
        }
    }
    faults
}

/// The widths of the types of a crate that have inherent methods.
fn widths(one: &Crate) -> BTreeMap<String, Width> {
    let mut files: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut widths: BTreeMap<String, Width> = BTreeMap::new();
    for module in &one.modules {
        for (name, count) in methods(&module.source) {
            // The defining file distinguishes two types of one name.
            let home = one.home(module, &name);
            let full = if one.homes(&name) > 1 { format!("{name} ({home})") } else { name };
            widths.entry(full.clone()).or_default().methods += count;
            files.entry(full).or_default().insert(&module.file);
        }
    }
    for (name, width) in &mut widths {
        width.files = files.get(name).map_or(0, BTreeSet::len);
    }
    widths
}

/// The types with inherent methods in a file and their number, block by block.
fn methods(source: &Source) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut place = 0;
    while place < source.words.len() {
        let begins = matches!(source.at(place.wrapping_sub(1)), "" | "}" | ";" | "{" | "]" | "unsafe");
        if source.at(place) == "impl" && begins {
            let (name, open) = head(source, place + 1);
            let end = source.behind(open);
            if let Some(name) = name {
                found.push((name, functions(source, open + 1, end)));
            }
            place = end;
        } else {
            place += 1;
        }
    }
    found
}

/// The type of an inherent `impl` block, and the position of its opening bracket.
fn head(source: &Source, mut place: usize) -> (Option<String>, usize) {
    let mut depth = 0_usize;
    let mut name = None;
    let mut own = true;
    let mut bounds = false;
    loop {
        let word = source.at(place);
        match word {
            "" | "{" | ";" => return (name.filter(|_| own), place),
            "<" => depth += 1,
            ">" => depth = depth.saturating_sub(1),
            "for" if depth == 0 && !bounds => own = false,
            "where" => bounds = true,
            // A variable of a macro stands for a type of its own in each use.
            "$" if depth == 0 && !bounds => own = false,
            _ if depth == 0 && !bounds && own && is_name(word) => name = Some(word.to_owned()),
            _ => {}
        }
        place += 1;
    }
}

/// The number of functions between two positions, without nested ones.
fn functions(source: &Source, mut place: usize, end: usize) -> usize {
    let mut count = 0;
    while place < end {
        match source.at(place) {
            "fn" if is_name(source.at(place + 1)) => count += 1,
            "{" => {
                place = source.behind(place);
                continue;
            }
            _ => {}
        }
        place += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::of;

    const LIMIT: [(&str, &str, Width); 1] = [("a", "Wide", Width { files: 4, methods: 50 })];

    fn compared(width: (usize, usize), wider: &[(&str, &str, Width)]) -> Vec<String> {
        let width = Width { files: width.0, methods: width.1 };
        compare(&BTreeMap::from([(("a".into(), "Wide".into()), width)]), wider)
    }

    #[test]
    fn method_of_a_trait_or_test_is_not_counted() {
        let one = of(&[(
            "lib.rs",
            "struct A; impl A { fn a() {} pub(crate) async fn b() { fn c() {} } const D: fn(u8) = e; }
             impl<'a, T: Into<B>> C<'a, T> where T: for<'b> D<'b> { fn f() -> impl E { g() } }
             impl Display for A { fn fmt() {} } #[cfg(test)] impl A { fn t() {} }
             macro_rules! m { ($name:ident) => { impl $name { fn h() {} } }; }",
        )]);
        let found = widths(&one);
        assert_eq!(found.get("A"), Some(&Width { files: 1, methods: 2 }));
        assert_eq!(found.get("C"), Some(&Width { files: 1, methods: 1 }));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn methods_in_several_files_are_added_up() {
        let one = of(&[
            ("lib.rs", "mod b; mod c; pub struct A; impl A { fn a() {} }"),
            ("b.rs", "use crate::A; impl A { fn b() {} }"),
            ("c.rs", "struct A; impl A { fn own() {} } impl crate::A { fn c() {} }"),
        ]);
        let found = widths(&one);
        assert_eq!(found.get("A (lib.rs)"), Some(&Width { files: 2, methods: 2 }), "{found:?}");
        assert_eq!(found.get("A (c.rs)"), Some(&Width { files: 1, methods: 2 }), "{found:?}");
    }

    #[test]
    fn type_over_the_limit_is_a_fault() {
        assert_eq!(compared((3, 40), &[]), Vec::<String>::new());
        assert_eq!(compared((4, 10), &[]).len(), 1);
        assert_eq!(compared((1, 41), &[]).len(), 1);
    }

    #[test]
    fn listed_type_that_grows_is_a_fault() {
        assert_eq!(compared((4, 50), &LIMIT), Vec::<String>::new());
        assert_eq!(compared((5, 50), &LIMIT).len(), 1);
        assert_eq!(compared((4, 51), &LIMIT).len(), 1);
    }

    #[test]
    fn listed_type_that_shrinks_is_a_fault() {
        assert_eq!(compared((4, 49), &LIMIT).len(), 1);
        assert_eq!(compared((3, 40), &LIMIT).len(), 1);
        assert_eq!(compare(&BTreeMap::new(), &LIMIT).len(), 1);
    }
}
