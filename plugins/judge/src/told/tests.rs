//! What a person reads of results that agree and differ in many ways.

use crate::compare;
use crate::facts::{Comparison, ResultInQuestion};
use crate::sample::{answered, by, file_diff, passed, result};

fn three(diffs: [&str; 3]) -> Comparison {
    let results: Vec<_> = ["claude", "codex", "gemini"]
        .into_iter()
        .zip(diffs)
        .map(|(name, diff)| by(name, None, result(diff)))
        .collect();
    compare(&results)
}

fn two(one: ResultInQuestion, other: ResultInQuestion) -> Comparison {
    compare(&[by("claude", None, one), by("codex", None, other)])
}

fn differences(comparison: &Comparison) -> Vec<String> {
    comparison.differences.iter().map(|one| format!("{}: {}", one.subject, one.summary)).collect()
}

#[test]
fn the_same_change_is_a_point_of_agreement_and_no_difference() {
    let diff = file_diff("src/lib.rs", 10, &["x"], &["y"]);
    let comparison = two(passed(result(&diff)), passed(result(&diff)));
    assert_eq!(
        comparison.points_of_agreement,
        ["the checks of both passed", "both change src/lib.rs in the same way"]
    );
    assert_eq!(differences(&comparison), [""; 0]);
}

#[test]
fn the_same_place_changed_differently_is_both() {
    let one = file_diff("src/lib.rs", 10, &["x"], &["y"]);
    let other = file_diff("src/lib.rs", 10, &["x"], &["z", "and more"]);
    let comparison = two(result(&one), result(&other));
    assert_eq!(comparison.points_of_agreement, ["both change src/lib.rs in the same place (line 10)"]);
    assert_eq!(
        differences(&comparison),
        ["src/lib.rs: both change it differently: claude: 1 place, +1 -1; codex: 1 place, +2 -1"]
    );
}

#[test]
fn places_that_are_changed_alike_are_counted() {
    let hunk = "@@ -90,3 +90,3 @@\n a\n-p\n+q\n b\n";
    let one = format!("{}{hunk}", file_diff("src/lib.rs", 10, &["x"], &["y"]));
    let other = file_diff("src/lib.rs", 10, &["x"], &["y"]);
    let comparison = two(result(&one), result(&other));
    let told = differences(&comparison);
    assert!(
        told[0].ends_with("claude: 2 places, +2 -2; codex: 1 place, +1 -1; 1 place is changed alike"),
        "{told:?}"
    );
}

#[test]
fn who_alone_touches_a_file_is_named_with_what_was_done_to_it() {
    let new = "diff --git a/n.rs b/n.rs\nnew file mode 100644\n--- /dev/null\n+++ b/n.rs\n@@ -0,0 +1,2 @@\n+x\n+y\n";
    let gone =
        "diff --git a/g.rs b/g.rs\ndeleted file mode 100644\n--- a/g.rs\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n";
    let moved = "diff --git a/m.rs b/o.rs\nsimilarity index 100%\nrename from m.rs\nrename to o.rs\n";
    let image = "diff --git a/p.png b/p.png\nindex 1..2 100644\nBinary files a/p.png and b/p.png differ\n";
    let comparison = two(result(&format!("{new}{gone}")), result(&format!("{moved}{image}")));
    let expected = [
        "g.rs: only claude deletes it (-1)",
        "m.rs: only codex renames it (to o.rs)",
        "n.rs: only claude adds it (+2)",
        "p.png: only codex changes it (binary)",
    ];
    assert_eq!(differences(&comparison), expected);
    assert_eq!(comparison.points_of_agreement, [""; 0]);
    let both = two(result(&format!("{gone}{moved}")), result(&format!("{gone}{moved}")));
    assert_eq!(both.points_of_agreement, ["both delete g.rs", "both rename m.rs in the same way"]);
}

#[test]
fn of_three_those_that_meet_are_named() {
    let here = file_diff("src/lib.rs", 10, &["x"], &["y"]);
    let there = file_diff("src/lib.rs", 10, &["x"], &["z"]);
    let away = file_diff("src/lib.rs", 90, &["p"], &["q"]);
    let comparison = three([&here, &there, &away]);
    assert_eq!(
        comparison.points_of_agreement,
        ["claude and codex change src/lib.rs in the same place (line 10)"]
    );
    let comparison = three([&here, &file_diff("src/b.rs", 2, &["x"], &["y"]), &here]);
    assert_eq!(comparison.points_of_agreement, ["claude and gemini change src/lib.rs in the same way"]);
    assert_eq!(
        differences(&comparison),
        [
            "src/lib.rs: claude and gemini change it alike, and others do not touch it",
            "src/b.rs: only codex changes it (1 place, +1 -1)"
        ]
    );
    let comparison = three([&here, &away, ""]);
    assert_eq!(comparison.points_of_agreement, ["claude and codex change src/lib.rs, in different places"]);
    assert!(
        differences(&comparison).contains(&"answer: gemini changed nothing and only answered".to_owned())
    );
}

#[test]
fn answers_are_told_of_where_nothing_was_changed() {
    let same = two(answered("It is 12.", ""), answered("it is 12", ""));
    assert_eq!(
        same.points_of_agreement,
        ["both changed nothing", "100 % of the words of their answers are the same"]
    );
    let other = two(answered("It is 12.", ""), answered("it is 13", ""));
    assert_eq!(
        differences(&other),
        [
            "answer: only 50 % of the words of their answers are the same, or they differ in a number or a denial"
        ]
    );
}

#[test]
fn thousands_of_files_are_told_in_a_few_lines() {
    let many = |text: &str| -> String {
        (0..3_000).map(|n| file_diff(&format!("f{n:04}"), 2, &["x"], &[text])).collect()
    };
    let comparison = two(result(&many("y")), result(&many("z")));
    assert_eq!((comparison.points_of_agreement.len(), comparison.differences.len()), (21, 41));
    assert_eq!(comparison.points_of_agreement[20], "and 2980 more");
    let last = &comparison.differences[40];
    assert_eq!(
        (last.subject.as_str(), last.summary.as_str()),
        ("f0040", "this and 2959 more differ as well")
    );
}

#[test]
fn what_an_agent_named_a_file_cannot_deceive_or_flood_a_reader() {
    let long = format!("{}end.rs", "deep/".repeat(2_000));
    let odd = "x\u{202e}\u{1b}[31m\u{200b}y.rs";
    let comparison =
        two(result(&file_diff(&long, 2, &["x"], &["y"])), result(&file_diff(odd, 2, &["x"], &["y"])));
    let told = differences(&comparison);
    assert!(told[0].starts_with('…') && told[0].contains("deep/end.rs: only claude"), "{told:?}");
    assert!(told[1].starts_with("xy.rs: only codex") && told.iter().all(|line| line.len() < 300), "{told:?}");
}

#[test]
fn of_one_result_alone_there_is_nothing_to_tell() {
    let comparison = compare(&[passed(result(&file_diff("src/lib.rs", 10, &["x"], &["y"])))]);
    assert_eq!((comparison.points_of_agreement, comparison.differences), (Vec::new(), Vec::new()));
}
