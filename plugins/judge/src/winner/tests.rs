//! Who wins among results that differ in one thing or another.

use crate::compare;
use crate::facts::{ResultInQuestion, State};
use crate::sample::{answered, by, costing, failed, file_diff, passed, result};

fn winner(results: &[ResultInQuestion]) -> (Option<u32>, String) {
    let comparison = compare(results);
    (comparison.winner, comparison.reason)
}

fn named(names: [&str; 2], results: [ResultInQuestion; 2]) -> Vec<ResultInQuestion> {
    names.into_iter().zip(results).map(|(name, result)| by(name, None, result)).collect()
}

fn small() -> String {
    file_diff("src/a.rs", 10, &["x"], &["y"])
}

fn large() -> String {
    file_diff("src/a.rs", 10, &["x"], &["one", "two", "three"])
}

#[test]
fn where_all_failed_nobody_wins_and_each_fault_is_named() {
    let cancelled = {
        let mut result = result("");
        result.report.state = State::Cancelled;
        result
    };
    let (winner, reason) = winner(&named(["claude", "codex"], [failed(result(&small())), cancelled]));
    assert_eq!(winner, None);
    assert_eq!(reason, "No result deserves to win: claude failed (It did not work), codex was cancelled.");
}

#[test]
fn the_only_one_left_wins_checked_or_not() {
    let results = named(["claude", "codex"], [failed(result(&small())), result(&large())]);
    let expected = "codex is the one to keep (its work was not checked): claude failed (It did not work).";
    assert_eq!(winner(&results), (Some(1), expected.to_owned()));
    assert_eq!(winner(&results[..1]).0, None);
    assert_eq!(winner(&results[1..]).0, Some(0));
    assert_eq!(winner(&[]), (None, "There is no result to judge.".to_owned()));
}

#[test]
fn checks_that_passed_win_over_everything_else() {
    let results =
        named(["claude", "codex"], [result(&small()), costing(Some(90_000), passed(result(&large())))]);
    assert_eq!(winner(&results), (Some(1), "codex wins: it is the only one whose checks passed.".to_owned()));
    let apart = file_diff("src/b.rs", 1, &["p"], &["q"]);
    let both = named(["claude", "codex"], [passed(result(&large())), passed(result(&apart))]);
    let expected =
        "codex wins: its checks passed, and its change is smaller than that of claude (2 lines against 4).";
    assert_eq!(winner(&both), (Some(1), expected.to_owned()));
}

#[test]
fn what_most_agree_on_wins_over_what_is_smaller_or_cheaper() {
    let results = [
        by("claude", None, costing(Some(1), result(&small()))),
        by("codex", None, result(&large())),
        by("gemini", None, costing(Some(5), result(&large()))),
    ];
    let expected = "gemini wins: 2 of 3 made the same change, and it cost less than codex ($0.000005 against $0.01) \
                    (its work was not checked).";
    assert_eq!(winner(&results), (Some(2), expected.to_owned()));
}

#[test]
fn a_change_wins_over_none_where_they_share_an_answer_no_more() {
    let results = named(["claude", "codex"], [passed(answered("Done.", "")), passed(result(&small()))]);
    let expected = "codex wins: its checks passed, and it changed something, where claude changed nothing.";
    assert_eq!(winner(&results), (Some(1), expected.to_owned()));
}

#[test]
fn a_small_change_that_misses_what_most_touch_does_not_win_for_being_small() {
    let missing = passed(result(&file_diff("docs/x.md", 5, &[], &["word"])));
    let wide = format!("{}{}", large(), file_diff("src/c.rs", 1, &["q"], &["r"]));
    let results = [
        by("claude", None, missing),
        by("codex", None, passed(result(&wide))),
        by("gemini", None, passed(result(&large()))),
    ];
    let (winner, reason) = winner(&results);
    assert_eq!(winner, Some(2), "{reason}");
    assert!(reason.contains("smaller than that of codex (4 lines against 6)"), "{reason}");
}

#[test]
fn of_equal_changes_the_cheaper_wins_and_an_unknown_price_is_not_cheap() {
    let priced = |claude, codex| {
        winner(&named(
            ["claude", "codex"],
            [costing(claude, result(&small())), costing(codex, result(&small()))],
        ))
    };
    let (at, reason) = priced(Some(30_000), Some(10_000));
    assert_eq!(at, Some(1));
    assert_eq!(
        reason,
        "codex wins: both made the same change, and it cost less than claude ($0.01 against $0.03) (its work was not checked)."
    );
    let (at, reason) = priced(None, Some(10_000_000));
    assert_eq!(at, Some(1));
    assert!(reason.contains("what it cost is known, and what claude cost is not"), "{reason}");
    assert_eq!(priced(Some(1), Some(1)).0, Some(0), "by name where all else is equal");
}

#[test]
fn blank_space_counts_against_whoever_changed_it() {
    let noisy = file_diff("src/a.rs", 10, &["x", "z"], &["y", "  z", ""]);
    let results = named(["claude", "codex"], [result(&noisy), costing(None, result(&small()))]);
    let (at, reason) = winner(&results);
    assert_eq!(at, Some(1));
    assert!(reason.contains("both made the same change, and its change is smaller"), "{reason}");
}

#[test]
fn a_person_decides_where_nothing_was_checked_and_nothing_is_shared() {
    let apart = file_diff("src/b.rs", 1, &["p"], &["q"]);
    let (at, reason) = winner(&named(["claude", "codex"], [result(&small()), result(&apart)]));
    assert_eq!(at, None);
    assert_eq!(
        reason,
        "A person should decide: nothing was checked, and what claude and codex did has nothing in common."
    );
    let answers = named(["claude", "codex"], [answered("It is blue.", ""), answered("Nobody knows yet", "")]);
    assert_eq!(winner(&answers).0, None);
}

#[test]
fn the_only_thing_left_to_tell_two_apart_is_the_order_they_came_in() {
    let same = [result(&small()), result(&small())];
    let (at, reason) = winner(&same);
    assert_eq!(at, Some(0));
    assert!(reason.contains("nothing but its name (claude #1) tells it from claude #2"), "{reason}");
}
