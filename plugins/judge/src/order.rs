//! Whatever comes in whatever order: the answer is the same but for its indices, and keeps its
//! bounds.

use crate::compare;
use crate::facts::{Agreement, Comparison, ProcessAxis, ResultInQuestion, State, VerifiedAxis};
use crate::sample::{answered, by, check, file_diff};

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

fn any_diff(numbers: &mut Numbers) -> String {
    let files = numbers.below(4);
    (0..files).fold(String::new(), |diff, _| {
        let path = numbers.one(&["src/a.rs", "src/b.rs", "docs/c.md", "d.py"]);
        let line = numbers.one(&[5, 6, 50]);
        let old = numbers.one(&[&[][..], &["x = 1;"], &["x = 1;", "y"]]);
        let new = numbers.one(&[&["x = 1 ;"][..], &["x = 2;"], &["  x  = 2;", ""], &["y"], &[]]);
        diff + &match numbers.below(6) {
            0 => format!(
                "diff --git a/{path} b/moved\nsimilarity index 100%\nrename from {path}\nrename to moved\n"
            ),
            1 => format!(
                "diff --git a/{path} b/{path}\nindex 1..{line} 100644\nBinary files a/x and b/x differ\n"
            ),
            _ => file_diff(path, line, old, new),
        }
    })
}

fn any_result(numbers: &mut Numbers, name: usize) -> ResultInQuestion {
    let answers =
        ["Done.", "Everything is done.", "", "Nothing had to be done at all, the test passes as it is."];
    let diff = any_diff(numbers);
    let mut result = by(&format!("agent-{name}"), None, answered(numbers.one(&answers), &diff));
    let report = &mut result.report;
    report.state =
        numbers.one(&[State::Succeeded, State::Succeeded, State::Succeeded, State::Failed, State::Running]);
    report.process = numbers.one(&[ProcessAxis::Exited, ProcessAxis::Exited, ProcessAxis::TimedOut]);
    report.verified = numbers.one(&[
        VerifiedAxis::NotRun,
        VerifiedAxis::NotRun,
        VerifiedAxis::Passed,
        VerifiedAxis::Failed,
    ]);
    report.checks = vec![check("test", report.verified == VerifiedAxis::Passed)];
    report.cost = numbers.one(&[None, Some(10_000), Some(20_000)]);
    report.wall = numbers.one(&[1_000, 2_000]);
    result
}

fn shuffled(numbers: &mut Numbers, count: usize) -> Vec<usize> {
    let mut order: Vec<_> = (0..count).collect();
    (1..count).rev().for_each(|at| order.swap(at, numbers.below(at + 1)));
    order
}

fn in_bounds(comparison: &Comparison, results: &[ResultInQuestion]) {
    let Comparison { agreement, winner, reason, points_of_agreement, differences } = comparison;
    assert!(!reason.is_empty() && reason.len() < 1_000, "{reason}");
    assert!(points_of_agreement.len() <= 21 && points_of_agreement.iter().all(|point| point.len() < 1_000));
    assert!(differences.len() <= 41 && differences.iter().all(|one| one.summary.len() < 1_000));
    if let Some(winner) = winner {
        let report = &results[*winner as usize].report;
        assert!(report.verified != VerifiedAxis::Failed && report.state != State::Failed, "{reason}");
    }
    if *agreement == Agreement::Full {
        assert!(differences.is_empty(), "{differences:?}");
    }
}

#[test]
fn the_order_in_which_results_come_changes_nothing_but_their_indices() {
    let mut numbers = Numbers(42);
    let (mut won, mut full, mut partial) = (0, 0, 0);
    for _ in 0..4_000 {
        let count = 1 + numbers.below(5);
        let mut results: Vec<_> = (0..count).map(|name| any_result(&mut numbers, name)).collect();
        if numbers.below(3) == 0 {
            let diff = any_diff(&mut numbers);
            results.iter_mut().for_each(|result| result.diff.clone_from(&diff));
        }
        let comparison = compare(&results);
        in_bounds(&comparison, &results);
        let order = shuffled(&mut numbers, count);
        let others: Vec<_> = order.iter().map(|at| results[*at].clone()).collect();
        let other = compare(&others);
        let expected = comparison
            .winner
            .map(|winner| order.iter().position(|at| *at == winner as usize).unwrap() as u32);
        assert_eq!(other, Comparison { winner: expected, ..comparison.clone() });
        won += u32::from(comparison.winner.is_some());
        full += u32::from(comparison.agreement == Agreement::Full);
        partial += u32::from(comparison.agreement == Agreement::Partial);
    }
    assert!(won > 1_000 && full > 50 && partial > 500, "all of it was tried: {won} {full} {partial}");
}

#[test]
fn a_result_always_agrees_with_its_like() {
    let mut numbers = Numbers(7);
    for _ in 0..1_000 {
        let one = any_result(&mut numbers, 0);
        let count = 2 + numbers.below(3);
        let comparison = compare(&vec![one.clone(); count]);
        assert_eq!(comparison.agreement, Agreement::Full, "{one:?}");
    }
}
