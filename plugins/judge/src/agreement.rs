//! How far results agree.

use crate::facts::Agreement;
use crate::seen::Seen;

/// Full where all are the same, partial where any two have a file or an answer in common.
pub(crate) fn agreement(compared: &[&Seen<'_>]) -> Agreement {
    if compared.len() < 2 {
        return Agreement::None;
    }
    if pairs(compared).all(|(one, two)| one.is_same(two)) {
        Agreement::Full
    } else if pairs(compared).any(|(one, two)| one.shares_something(two)) {
        Agreement::Partial
    } else {
        Agreement::None
    }
}

/// Every two of them, once.
fn pairs<'s, 'a>(all: &'s [&'s Seen<'a>]) -> impl Iterator<Item = (&'s Seen<'a>, &'s Seen<'a>)> {
    let others = |at: usize| all.get(at + 1..).unwrap_or_default().iter();
    all.iter().enumerate().flat_map(move |(at, one)| others(at).map(move |two| (*one, *two)))
}

#[cfg(test)]
mod tests {
    use crate::compare;
    use crate::facts::Agreement;
    use crate::sample::{answered, by, file_diff, result};

    fn agreement(diffs: &[&str]) -> Agreement {
        let results: Vec<_> = diffs.iter().map(|diff| result(diff)).collect();
        compare(&results).agreement
    }

    #[test]
    fn equal_changes_agree_fully_however_they_are_laid_out() {
        let one = file_diff("src/a.rs", 10, &["let x = 1;"], &["let x = f(1, 2);"]);
        let other = file_diff("src/a.rs", 10, &["let x = 1;"], &["  let  x = f( 1,2 );", ""]);
        assert_eq!(agreement(&[&one, &one]), Agreement::Full);
        assert_eq!(agreement(&[&one, &other, &one]), Agreement::Full);
    }

    #[test]
    fn changes_that_meet_in_a_file_agree_in_part_and_others_not_at_all() {
        let one = file_diff("src/a.rs", 10, &["x"], &["y"]);
        let same_place = file_diff("src/a.rs", 10, &["x"], &["z"]);
        let elsewhere = file_diff("src/a.rs", 90, &["p"], &["q"]);
        let other_file = file_diff("src/b.rs", 10, &["x"], &["y"]);
        assert_eq!(agreement(&[&one, &same_place]), Agreement::Partial);
        assert_eq!(agreement(&[&one, &elsewhere]), Agreement::Partial);
        assert_eq!(agreement(&[&one, &other_file]), Agreement::None);
        assert_eq!(agreement(&[&one, &other_file, &same_place]), Agreement::Partial);
        assert_eq!(agreement(&[&one, ""]), Agreement::None);
    }

    #[test]
    fn where_nothing_was_changed_the_answers_are_what_agrees() {
        let blank = file_diff("src/a.rs", 1, &["x"], &["  x"]);
        let said = |answer: &str, diff: &str| by("x", None, answered(answer, diff));
        let of = |results: &[_]| compare(results).agreement;
        let (long, other) =
            ("The lock is taken twice in the reader.", "The lock is taken twice in the writer.");
        assert_eq!(of(&[said(long, ""), said(long, &blank)]), Agreement::Full);
        assert_eq!(of(&[said(long, ""), said(other, "")]), Agreement::Partial);
        assert_eq!(of(&[said(long, ""), said("Nobody knows.", "")]), Agreement::None);
    }

    #[test]
    fn who_cannot_win_does_not_spoil_what_the_others_agree_on() {
        let one = file_diff("src/a.rs", 10, &["x"], &["y"]);
        let mut failed = result("");
        failed.report.state = crate::facts::State::Failed;
        assert_eq!(compare(&[result(&one), failed, result(&one)]).agreement, Agreement::Full);
        assert_eq!(agreement(&[&one]), Agreement::None);
        assert_eq!(agreement(&[]), Agreement::None);
    }
}
