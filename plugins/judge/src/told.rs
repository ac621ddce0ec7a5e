//! Where results agree and where they do not, file by file, in sentences for a person. Bounded in
//! number and length whatever was changed.

use crate::facts::Difference;
use crate::names::all;
use crate::patch::{File, Kind};
use crate::seen::{Seen, listed};
use crate::standing;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use jackfield_sdk::figures::counted;
use jackfield_sdk::visible;

/// Most of either that are told; one more line says how many there are beside.
const POINTS: usize = 20;
const DIFFERENCES: usize = 40;

/// Longest path that is shown, bytes; of a longer one the end is.
const PATH: usize = 160;

/// Most results whose figures are told for one file.
const FIGURES: usize = 4;

/// Points of agreement, and differences.
pub(crate) fn told(compared: &[&Seen<'_>]) -> (Vec<String>, Vec<Difference>) {
    let mut told = Told::default();
    if compared.len() < 2 {
        return told.bounded();
    }
    checks(compared, &mut told);
    if compared.iter().any(|one| one.changed()) {
        let mut touched: BTreeMap<&str, Vec<(&Seen<'_>, &File)>> = BTreeMap::new();
        for one in compared {
            for (path, file) in one.change.touched() {
                touched.entry(path).or_default().push((one, file));
            }
        }
        for (path, by) in &touched {
            About { path, by, compared }.tell(&mut told);
        }
        unchanged(compared, &mut told);
    } else {
        answers(compared, &mut told);
    }
    told.bounded()
}

/// What is told first comes with the lower number.
#[derive(Default)]
struct Told {
    points: Vec<(u8, String)>,
    differences: Vec<(u8, Difference)>,
}

impl Told {
    fn agree(&mut self, rank: u8, point: String) {
        self.points.push((rank, point));
    }

    fn differ(&mut self, rank: u8, subject: &str, summary: String) {
        self.differences.push((rank, Difference { subject: subject.to_string(), summary }));
    }

    fn bounded(mut self) -> (Vec<String>, Vec<Difference>) {
        // Stable: within a rank they stay in the order of their paths.
        self.points.sort_by_key(|(rank, _)| *rank);
        self.differences.sort_by_key(|(rank, _)| *rank);
        let more = self.points.len().saturating_sub(POINTS);
        let mut points: Vec<_> = self.points.into_iter().take(POINTS).map(|(_, point)| point).collect();
        if more > 0 {
            points.push(format!("and {more} more"));
        }
        let more = self.differences.len().saturating_sub(DIFFERENCES);
        let mut all = self.differences.into_iter().map(|(_, difference)| difference);
        let mut differences: Vec<_> = all.by_ref().take(DIFFERENCES).collect();
        if let Some(Difference { subject, .. }) = all.next() {
            let summary = match more {
                1 => String::from("differs as well"),
                more => format!("this and {} more differ as well", more - 1),
            };
            differences.push(Difference { subject, summary });
        }
        (points, differences)
    }
}

/// One file and those who touch it.
struct About<'s, 'a> {
    path: &'s str,
    by: &'s [(&'s Seen<'a>, &'s File)],
    compared: &'s [&'s Seen<'a>],
}

impl About<'_, '_> {
    fn tell(&self, told: &mut Told) {
        let path = shown(self.path);
        let [(first, file), others @ ..] = self.by else { return };
        if others.is_empty() {
            let does = verb(file, true);
            return told.differ(2, &path, format!("only {} {does} it ({})", first.name, figures(file)));
        }
        let who = self.who();
        let left = self.compared.len() - self.by.len();
        if others.iter().all(|(_, other)| file.is_same(other)) {
            let alike = if matches!(file.kind, Kind::Deleted) { "" } else { " in the same way" };
            told.agree(0, format!("{who} {} {path}{alike}", self.verb()));
            if left > 0 {
                told.differ(1, &path, format!("{who} {} it alike, and others do not touch it", self.verb()));
            }
            return;
        }
        match self.shared_place() {
            Some((who, line)) => {
                let near = if line > 0 { format!(" (line {line})") } else { String::new() };
                told.agree(1, format!("{who} {} {path} in the same place{near}", self.verb()));
            }
            None => told.agree(2, format!("{who} {} {path}, in different places", self.verb())),
        }
        let mut parts: Vec<_> =
            self.by.iter().map(|(one, file)| format!("{}: {}", one.name, figures(file))).collect();
        parts.sort();
        parts.truncate(FIGURES);
        let over = self.by.len().saturating_sub(FIGURES);
        let beside = if over > 0 { format!("; and {over} more") } else { String::new() };
        let alike = match self.alike() {
            0 => String::new(),
            1 => String::from("; 1 place is changed alike"),
            places => format!("; {places} places are changed alike"),
        };
        let left = if left > 0 { "; others do not touch it" } else { "" };
        let how = format!("{who} {} it differently", self.verb());
        told.differ(0, &path, format!("{how}: {}{beside}{alike}{left}", parts.join("; ")));
    }

    fn who(&self) -> String {
        if self.by.len() == self.compared.len() {
            return all(self.by.len());
        }
        listed(self.by.iter().map(|(one, _)| *one))
    }

    fn verb(&self) -> &'static str {
        match self.by {
            [(_, file), others @ ..] if others.iter().all(|(_, other)| other.kind == file.kind) => {
                verb(file, false)
            }
            _ => "touch",
        }
    }

    /// Those who change the same place as somebody else, and the first line of the first such place.
    fn shared_place(&self) -> Option<(String, u32)> {
        let meets = |(at, (_, file)): &(usize, &(&Seen<'_>, &File))| {
            let others = self.by.iter().enumerate().filter(|(other, _)| other != at);
            others.filter_map(|(_, (_, other))| file.shared_place(other)).min()
        };
        let places: Vec<_> = self.by.iter().enumerate().map(|one| (one.1.0, meets(&one))).collect();
        let line = places.iter().filter_map(|(_, line)| *line).min()?;
        let who = places.iter().filter(|(_, line)| line.is_some()).map(|(one, _)| *one);
        let everyone = places.iter().all(|(_, line)| line.is_some());
        Some((if everyone { self.who() } else { listed(who) }, line))
    }

    /// How many places the two that have most in common change alike.
    fn alike(&self) -> usize {
        let pairs =
            self.by.iter().enumerate().flat_map(|(at, (_, one))| {
                self.by.iter().skip(at + 1).map(move |(_, other)| one.alike(other))
            });
        pairs.max().unwrap_or(0)
    }
}

fn shown(path: &str) -> String {
    match visible::ending(path, PATH) {
        nothing if nothing.is_empty() => String::from("a file without a name"),
        path => path,
    }
}

const fn verb(file: &File, one: bool) -> &'static str {
    match (file.kind, one) {
        (Kind::Added | Kind::Copied, true) => "adds",
        (Kind::Added | Kind::Copied, false) => "add",
        (Kind::Modified, true) => "changes",
        (Kind::Modified, false) => "change",
        (Kind::Deleted, true) => "deletes",
        (Kind::Deleted, false) => "delete",
        (Kind::Renamed, true) => "renames",
        (Kind::Renamed, false) => "rename",
    }
}

/// `2 places, +10 -3`.
fn figures(file: &File) -> String {
    let lines = match (file.added, file.removed) {
        (0, 0) => String::new(),
        (added, 0) => format!("+{added}"),
        (0, removed) => format!("-{removed}"),
        (added, removed) => format!("+{added} -{removed}"),
    };
    let what = match (&file.to, file.binary) {
        (Some(to), _) => format!("to {}", shown(to)),
        (None, true) => String::from("binary"),
        (None, false) if file.places.is_empty() => String::from("no lines"),
        (None, false) if file.kind == Kind::Modified => counted(file.places.len(), "place"),
        (None, false) => return lines,
    };
    if lines.is_empty() { what } else { format!("{what}, {lines}") }
}

fn checks(compared: &[&Seen<'_>], told: &mut Told) {
    if compared.iter().all(|one| standing::passed(&one.result.report)) {
        told.agree(0, format!("the checks of {} passed", all(compared.len())));
    }
}

fn unchanged(compared: &[&Seen<'_>], told: &mut Told) {
    let idle: Vec<_> = compared.iter().filter(|one| !one.changed()).collect();
    if !idle.is_empty() {
        let who = listed(idle.iter().map(|one| **one));
        told.differ(0, "answer", format!("{who} changed nothing and only answered"));
    }
}

/// Where nothing was changed, what was said.
fn answers(compared: &[&Seen<'_>], told: &mut Told) {
    let pairs = compared.iter().enumerate().flat_map(|(at, one)| {
        compared
            .iter()
            .skip(at + 1)
            .map(|other| (one.words.overlap(&other.words), one.words.agree(&other.words)))
    });
    let (mut least, mut agree) = (None, true);
    for (share, agrees) in pairs {
        least = Some(least.map_or(share, |least: u32| least.min(share)));
        agree &= agrees;
    }
    let Some(least) = least else { return };
    told.agree(0, format!("{} changed nothing", all(compared.len())));
    let words = match compared.len() {
        2 => format!("{least} % of the words of their answers are the same"),
        _ => format!("{least} % or more of the words of any two answers are the same"),
    };
    if agree {
        told.agree(1, words);
    } else {
        told.differ(0, "answer", format!("only {words}, or they differ in a number or a denial"));
    }
}

#[cfg(test)]
mod tests;
