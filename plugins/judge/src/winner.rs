//! Who wins, and the one sentence that says why.
//!
//! Of those that neither failed nor failed their checks, in this order: checks that passed; how many
//! made the same change (or gave the same answer); having changed something at all; touching the
//! files that more than half of them touch; the smaller change; the lower cost, a known one first;
//! the shorter time; the name. No place in the order in which results come decides, unless nothing
//! else tells two apart.

use crate::facts::Agreement;
use crate::names::all;
use crate::seen::{Seen, listed};
use crate::standing;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;
use jackfield_sdk::figures::{counted, dollars, wall};

/// The winner's place among the results, and the reason, whether or not there is one.
pub(crate) fn choose(
    seen: &[Seen<'_>],
    standing: &[&Seen<'_>],
    agreement: Agreement,
) -> (Option<u32>, String) {
    let agreed = agreed_files(standing);
    let mut ranked: Vec<_> = standing.iter().map(|one| (Rank::of(one, standing, &agreed), *one)).collect();
    ranked.sort_by(|one, other| one.0.cmp(&other.0));
    let (winner, reason) = match ranked.as_slice() {
        [] if seen.is_empty() => (None, String::from("There is no result to judge.")),
        [] => (None, format!("No result deserves to win: {}.", faults(seen))),
        [(_, one)] if seen.len() == 1 => {
            (Some(one.place), format!("{} is the only result{}.", one.name, unchecked(one)))
        }
        [(_, one)] => {
            (Some(one.place), format!("{} is the one to keep{}: {}.", one.name, unchecked(one), faults(seen)))
        }
        [(_, first), ..] if agreement == Agreement::None && !standing::passed(&first.result.report) => (
            None,
            format!(
                "A person should decide: nothing was checked, and what {} did has nothing in common.",
                listed(standing.iter().copied())
            ),
        ),
        [(rank, first), (next, second), ..] => {
            let why = reasons(rank, next, first, second, standing.len());
            (Some(first.place), format!("{} wins: {}{}.", first.name, why.join(", and "), unchecked(first)))
        }
    };
    let unread = seen.iter().any(|one| !one.change.unread.is_empty());
    let note = " Of very large diffs, only the beginning was read and the rest taken as it is.";
    (winner, if unread { format!("{reason}{note}") } else { reason })
}

fn unchecked(winner: &Seen<'_>) -> &'static str {
    if standing::passed(&winner.result.report) { "" } else { " (its work was not checked)" }
}

/// `claude failed its checks, codex was cancelled`.
fn faults(seen: &[Seen<'_>]) -> String {
    const TOLD: usize = 4;
    let mut faults: Vec<_> =
        seen.iter().filter_map(|one| Some(format!("{} {}", one.name, one.fault.as_ref()?))).collect();
    faults.sort();
    let over = faults.len().saturating_sub(TOLD);
    faults.truncate(TOLD);
    let told = faults.join(", ");
    if over == 0 { told } else { format!("{told}, and {over} more cannot win either") }
}

/// The lower, the better.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    unchecked: bool,
    agreeing: Reverse<usize>,
    unchanged: bool,
    missing: usize,
    size: u64,
    unpriced: bool,
    cost: u64,
    wall: u64,
    name: String,
    place: u32,
}

impl Rank {
    fn of(one: &Seen<'_>, standing: &[&Seen<'_>], agreed: &[&str]) -> Self {
        let report = &one.result.report;
        let touched = |path: &str| one.change.files.get(path).is_some_and(|file| !file.is_blank());
        Self {
            unchecked: !standing::passed(report),
            agreeing: Reverse(standing.iter().filter(|other| one.is_same(other)).count()),
            unchanged: !one.changed(),
            missing: agreed.iter().filter(|path| !touched(path)).count(),
            size: one.change.size(),
            unpriced: report.cost.is_none(),
            cost: report.cost.unwrap_or(0),
            wall: report.wall,
            name: one.name.clone(),
            place: one.place,
        }
    }
}

/// Files that more than half of them touch.
fn agreed_files<'s>(standing: &[&'s Seen<'_>]) -> Vec<&'s str> {
    let mut touched = BTreeMap::new();
    for (path, _) in standing.iter().flat_map(|one| one.change.touched()) {
        *touched.entry(path.as_str()).or_insert(0_usize) += 1;
    }
    let most = |(path, times)| (times * 2 > standing.len()).then_some(path);
    touched.into_iter().filter_map(most).collect()
}

/// What speaks for the first, down to what puts it before the second.
fn reasons(rank: &Rank, next: &Rank, first: &Seen<'_>, second: &Seen<'_>, count: usize) -> Vec<String> {
    let mut reasons = Vec::new();
    if rank.unchecked != next.unchecked {
        return vec_of(String::from("it is the only one whose checks passed"));
    }
    if !rank.unchecked {
        reasons.push(String::from("its checks passed"));
    }
    let Reverse(agreeing) = rank.agreeing;
    if agreeing > 1 {
        let who = if agreeing == count { all(count) } else { format!("{agreeing} of {count}") };
        let what = if rank.unchanged { "gave the same answer" } else { "made the same change" };
        reasons.push(format!("{who} {what}"));
    }
    if rank.agreeing == next.agreeing {
        reasons.push(tie(rank, next, first, second));
    }
    reasons
}

fn vec_of(reason: String) -> Vec<String> {
    core::iter::once(reason).collect()
}

/// What puts the first before the second where as many agree with either.
fn tie(rank: &Rank, next: &Rank, first: &Seen<'_>, second: &Seen<'_>) -> String {
    let other = &second.name;
    let lines = |size: u64| counted(usize::try_from(size).unwrap_or(usize::MAX), "line");
    if rank.unchanged != next.unchanged {
        format!("it changed something, where {other} changed nothing")
    } else if rank.missing != next.missing {
        format!("it touches more of the files that most of them touch than {other} does")
    } else if rank.size != next.size {
        format!("its change is smaller than that of {other} ({} against {})", lines(rank.size), next.size)
    } else if rank.unpriced != next.unpriced {
        format!("what it cost is known, and what {other} cost is not")
    } else if rank.cost != next.cost {
        format!("it cost less than {other} ({} against {})", dollars(rank.cost), dollars(next.cost))
    } else if rank.wall != next.wall {
        format!("it was quicker than {other} ({} against {})", wall(rank.wall), wall(next.wall))
    } else {
        format!("nothing but its name ({}) tells it from {other}", first.name)
    }
}

#[cfg(test)]
mod tests;
