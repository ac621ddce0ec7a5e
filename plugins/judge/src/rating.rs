//! How good one result is, on dimensions that stand for themselves: did it run to its end, was it
//! checked, does it change what was asked and no more, what did it cost.

use crate::facts::{DeliveredAxis, ProcessAxis, Rating, Report, ResultInQuestion, State, VerifiedAxis};
use crate::patch::{Bounds, Change, read};
use crate::standing;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::iter;
use jackfield_sdk::figures::{counted, dollars};

const BEST: u64 = 1000;

/// Lines that any change may take, and how many more for each word of the instruction: who asks for
/// more says more. Past that the score halves with every doubling.
const LINES: u64 = 60;
const LINES_A_WORD: u64 = 4;
const WORDS: usize = 150;

/// What a result may cost to have half of the score, micro-dollars.
const HALF: u64 = 250_000;

const DIMENSIONS: [&str; 4] = ["executed", "verified", "focused", "economical"];

/// What [`rate`] rates on.
pub fn dimensions() -> Vec<String> {
    DIMENSIONS.map(String::from).into()
}

/// A score of 0 to 1000 for each dimension, with its reason.
pub fn rate(subject: &ResultInQuestion) -> Vec<Rating> {
    let change = read(&subject.diff, Bounds::ALL);
    let report = &subject.report;
    let rated = [executed(report, &change), verified(report), focused(report, &change), economical(report)];
    let rating = |(dimension, (score, reason)): (&str, (u64, String))| Rating {
        dimension: String::from(dimension),
        score: u16::try_from(score.min(BEST)).unwrap_or_default(),
        reason,
    };
    DIMENSIONS.into_iter().zip(rated).map(rating).collect()
}

fn executed(report: &Report, change: &Change<'_>) -> (u64, String) {
    let changed = !change.is_empty();
    if let Some(fault) = standing::fault(report, changed) {
        let failed = report.state == State::Failed || report.state == State::Cancelled;
        // Its checks are a dimension of their own.
        if report.verified == VerifiedAxis::Failed && report.process == ProcessAxis::Exited {
            return (900, String::from("it ran to its end, and its checks failed"));
        }
        let left = if failed && changed { 200 } else { 0 };
        let beside = if left > 0 { ", and left a change behind" } else { "" };
        return (left, format!("it {fault}{beside}"));
    }
    match (report.process, report.warnings.len()) {
        (ProcessAxis::Exited, 0) => (BEST, String::from("it ran to its end")),
        (ProcessAxis::Exited, warnings) => {
            (900, format!("it ran to its end, with {}", counted(warnings, "warning")))
        }
        _ => (700, String::from("it succeeded, though its program did not end by itself")),
    }
}

fn verified(report: &Report) -> (u64, String) {
    let checks = report.checks.len() as u64;
    let passed = report.checks.iter().filter(|check| check.passed).count() as u64;
    let counts = if checks > 0 { format!(" ({passed} of {checks})") } else { String::new() };
    match report.verified {
        VerifiedAxis::Passed => (BEST, format!("its checks passed{counts}")),
        VerifiedAxis::Failed => {
            let share = (passed * 300).checked_div(checks).unwrap_or(0);
            (share, format!("its checks failed{counts}"))
        }
        VerifiedAxis::NotRun => (400, String::from("nothing was checked")),
    }
}

fn focused(report: &Report, change: &Change<'_>) -> (u64, String) {
    let lines = change.size();
    if lines == 0 {
        let said = report.delivered != DeliveredAxis::Nothing || !report.answer.trim().is_empty();
        let score = if said { BEST } else { 0 };
        return (score, String::from("it changed nothing"));
    }
    let words = report.instruction.split_whitespace().take(WORDS).count() as u64;
    let room = LINES + words * LINES_A_WORD;
    let blank: u64 = change.files.values().map(|file| u64::from(file.blank)).sum();
    let fits = (room.saturating_mul(BEST) / lines).min(BEST);
    let score = fits.saturating_mul(lines.saturating_sub(blank)) / lines;
    let what = format!(
        "{} in {}",
        counted(usize::try_from(lines).unwrap_or(usize::MAX), "line"),
        counted(change.files.len(), "file")
    );
    let size = if lines > room {
        format!(", more than the {room} that such a task should need")
    } else {
        String::new()
    };
    let noise = if blank > 0 { format!(", {blank} of them blank space only") } else { String::new() };
    (score, iter::once(what).chain([size, noise]).collect())
}

fn economical(report: &Report) -> (u64, String) {
    match report.cost {
        Some(cost) => {
            (BEST.saturating_mul(HALF) / HALF.saturating_add(cost), format!("it cost {}", dollars(cost)))
        }
        None => (400, String::from("what it cost is not known")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{answered, check, costing, failed, file_diff, passed, report, result};

    fn score(dimension: &str, subject: &ResultInQuestion) -> (u16, String) {
        let rated = rate(subject).into_iter().find(|rating| rating.dimension == dimension).unwrap();
        (rated.score, rated.reason)
    }

    fn lines(count: usize) -> ResultInQuestion {
        result(&file_diff("src/a.rs", 2, &[], &vec!["new"; count]))
    }

    #[test]
    fn every_dimension_is_rated_once_with_a_reason() {
        for subject in [result(""), failed(result("")), passed(lines(3)), costing(None, result("\0junk"))] {
            let rated = rate(&subject);
            let names: Vec<_> = rated.iter().map(|rating| rating.dimension.clone()).collect();
            assert_eq!(names, dimensions());
            assert!(
                rated.iter().all(|rating| rating.score <= 1000 && !rating.reason.is_empty()),
                "{rated:?}"
            );
        }
    }

    #[test]
    fn what_failed_scores_low_and_what_was_left_behind_counts() {
        assert_eq!(score("executed", &lines(1)), (1000, "it ran to its end".to_owned()));
        assert_eq!(score("executed", &failed(result(""))).0, 0);
        let (left, why) = score("executed", &failed(lines(1)));
        assert_eq!((left, why.as_str()), (200, "it failed (It did not work), and left a change behind"));
        let unchecked = ResultInQuestion {
            report: Report { verified: VerifiedAxis::Failed, state: State::Failed, ..report() },
            diff: String::new(),
        };
        assert_eq!(score("executed", &unchecked).0, 900);
        assert_eq!(score("verified", &unchecked).0, 0);
    }

    #[test]
    fn checks_that_passed_are_worth_more_than_none_and_none_more_than_failed_ones() {
        let some = ResultInQuestion {
            report: Report {
                verified: VerifiedAxis::Failed,
                checks: vec![check("a", true), check("b", false)],
                ..report()
            },
            diff: String::new(),
        };
        let (one, other) = (score("verified", &passed(result(""))), score("verified", &some));
        assert_eq!(one, (1000, "its checks passed (1 of 1)".to_owned()));
        assert_eq!(other, (150, "its checks failed (1 of 2)".to_owned()));
        assert_eq!(score("verified", &result("")).0, 400);
    }

    #[test]
    fn a_change_far_larger_than_its_task_loses_its_focus() {
        let small = score("focused", &lines(5));
        assert_eq!(small, (1000, "5 lines in 1 file".to_owned()));
        let (large, why) = score("focused", &lines(800));
        assert_eq!(
            (large, why.as_str()),
            (95, "800 lines in 1 file, more than the 76 that such a task should need")
        );
        let mut asked = lines(800);
        asked.report.instruction = "word ".repeat(10_000);
        assert_eq!(score("focused", &asked).0, 825);
        let noisy = result(&file_diff("src/a.rs", 2, &["x", "b"], &["y", " b"]));
        assert_eq!(
            score("focused", &noisy),
            (500, "4 lines in 1 file, 2 of them blank space only".to_owned())
        );
        assert_eq!(score("focused", &answered("", "")).0, 1000, "an artifact may be all that was asked");
    }

    #[test]
    fn the_cheaper_the_better_and_an_unknown_price_is_not_free() {
        let of = |cost| score("economical", &costing(cost, result(""))).0;
        assert_eq!([of(Some(0)), of(Some(250_000)), of(Some(u64::MAX)), of(None)], [1000, 500, 0, 400]);
    }
}
