//! What any answer is held to: lengths of texts and lists, and that nothing is there twice.

use std::collections::BTreeSet;

/// Longest text that people read of an answer, in bytes; all are recorded.
pub(super) const TEXT_BYTES: usize = 4096;

/// Most items in any list of a description, a plan or a set of probes.
const ITEMS: usize = 1000;

/// That an answer keeps its contract, or how it does not.
pub(super) type Kept = Result<(), String>;

pub(super) fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Kept {
    if holds { Ok(()) } else { Err(otherwise()) }
}

pub(super) fn few<T>(items: &[T], what: &str) -> Kept {
    must(items.len() <= ITEMS, || format!("{} {what} are more than {ITEMS}", items.len()))
}

pub(super) fn unique<'a>(names: impl Iterator<Item = &'a str>, what: &str) -> Kept {
    let mut seen = BTreeSet::new();
    for name in names {
        must(seen.insert(name), || format!("the {what} '{name}' is there twice"))?;
    }
    Ok(())
}

pub(super) fn text(text: &str, what: &str) -> Kept {
    must(!text.trim().is_empty() && text.len() <= TEXT_BYTES, || {
        format!("a {what} is empty or longer than {TEXT_BYTES} bytes")
    })
}
