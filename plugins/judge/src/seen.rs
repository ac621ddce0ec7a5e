//! A result as it is compared: what it is called, what it changed, what it said, and whether it can
//! win.

use crate::facts::ResultInQuestion;
use crate::names::{list, names};
use crate::patch::{Bounds, Change, read};
use crate::standing::fault;
use crate::words::Words;
use alloc::string::String;
use alloc::vec::Vec;

/// One result, read once.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) place: u32,
    pub(crate) name: String,
    pub(crate) result: &'a ResultInQuestion,
    pub(crate) change: Change<'a>,
    pub(crate) words: Words,
    /// Why it cannot win.
    pub(crate) fault: Option<String>,
}

pub(crate) fn see(results: &[ResultInQuestion]) -> Vec<Seen<'_>> {
    let share = Bounds::ALL.shared_by(results.len());
    let all = (0..).zip(results).zip(names(results));
    all.map(|((place, result), name)| {
        let change = read(&result.diff, share);
        let fault = fault(&result.report, !change.is_empty());
        Seen { place, name, result, change, words: Words::of(&result.report.answer), fault }
    })
    .collect()
}

impl Seen<'_> {
    /// It changed something beside blank space.
    pub(crate) fn changed(&self) -> bool {
        !self.change.is_empty()
    }

    /// The same change; where neither changed anything, the same answer.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self.changed(), other.changed()) {
            (true, true) => self.change.is_same(&other.change),
            (false, false) => self.words.agree(&other.words),
            _ => false,
        }
    }

    /// Files in common; where neither changed anything, words.
    pub(crate) fn shares_something(&self, other: &Self) -> bool {
        if self.changed() || other.changed() {
            let theirs = &other.change.files;
            let touched = |path| theirs.get(path).is_some_and(|file| !file.is_blank());
            return self.change.touched().any(|(path, _)| touched(path)) || self.is_same(other);
        }
        self.words.share_something(&other.words)
    }
}

/// In the order of their names, so that it reads the same in whichever order they came.
pub(crate) fn listed<'s>(those: impl Iterator<Item = &'s Seen<'s>>) -> String {
    let mut names: Vec<_> = those.map(|one| one.name.as_str()).collect();
    names.sort_unstable();
    list(&names)
}
