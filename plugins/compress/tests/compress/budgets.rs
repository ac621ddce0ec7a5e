//! Tokens by a real tokenizer, bytes for reports that no tokenizer budget could hold.

use crate::reports::{Dice, RUN, hostile, ordinary, trivial};
use jackfield_compress::facts::{DeliveredAxis, Report, State};
use jackfield_compress::{Level, compress, levels};

fn tokens(text: &str) -> usize {
    tiktoken_rs::o200k_base_singleton().encode_ordinary(text).len()
}

#[test]
fn a_trivial_task_takes_under_eighty_tokens_as_a_diagram() {
    let question = Report {
        delivered: DeliveredAxis::Nothing,
        files: Vec::new(),
        answer: "The answer is 42, because the tests say so.".to_owned(),
        ..trivial()
    };
    let estimated = Report { cost: None, ..trivial() };
    for report in [trivial(), question, estimated] {
        let told = compress(Level::Mermaid, &report);
        let taken = tokens(&told);
        assert!(taken < 80, "{taken} tokens:\n{told}");
        assert!(told.contains(&format!("run://{RUN}/log")), "{told}");
    }
}

#[test]
fn every_level_keeps_the_budget_it_states_for_ordinary_work() {
    let done = Report { state: State::Succeeded, failure: None, ..ordinary() };
    for report in [trivial(), ordinary(), done] {
        for level in levels().into_iter().filter(|level| level.token_budget > 0) {
            let told = compress(Level::parse(&level.name).unwrap(), &report);
            let (taken, most) = (tokens(&told), level.token_budget as usize);
            assert!(taken <= most, "{}: {taken} of {most} tokens:\n{told}", level.name);
        }
    }
}

#[test]
fn the_levels_grow_and_each_says_outcome_files_cost_and_where_to_read_more() {
    let report = ordinary();
    let told: Vec<String> = Level::ALL.into_iter().map(|level| compress(level, &report)).collect();
    for text in &told {
        for part in ["test_fail", "src/routes/users.rs +48 -17", "$0.05", "run://", RUN] {
            assert!(text.contains(part), "{part} is missing:\n{text}");
        }
    }
    assert!(told.windows(2).all(|pair| pair[0].len() < pair[1].len()));
    assert!(told[3].contains(report.answer.trim()), "full tells the whole answer");
}

#[test]
fn no_report_takes_more_than_its_levels_bytes() {
    let mut dice = Dice::new(20_261_121);
    let mut huge = trivial();
    huge.answer = "\"]".repeat(5 << 20);
    huge.run = "x".repeat(10 << 20);
    huge.executor = "\n".repeat(10 << 20);
    huge.files = vec![huge.files[0].clone(); 200_000];
    huge.checks.clear();
    for report in core::iter::once(huge).chain((0..400).map(|_| hostile(&mut dice))) {
        for level in Level::ALL {
            let told = compress(level, &report);
            assert!(told.len() <= level.most_bytes(), "{}: {} bytes:\n{told}", level.name(), told.len());
            assert!(!told.is_empty() && !told.contains(['\0', '\u{1b}', '\u{202e}']), "{told}");
        }
    }
}

#[test]
fn a_summary_is_one_to_three_lines_whatever_was_written() {
    let mut dice = Dice::new(7);
    for _ in 0..400 {
        let told = compress(Level::Summary, &hostile(&mut dice));
        assert!((1..=3).contains(&told.lines().count()), "{told}");
    }
}
