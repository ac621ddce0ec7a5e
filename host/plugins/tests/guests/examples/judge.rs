//! A judge that has the shortest diff win, or does what the instruction of the first result says.

#![no_std]
#![allow(unsafe_code)]

extern crate alloc;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

jackfield_sdk::runtime!();

wit_bindgen::generate!({ path: "../../../../wit", world: "judge" });

use exports::jackfield::plugin::about;
use exports::jackfield::plugin::judging::{self, Agreement, Comparison, Rating, ResultInQuestion};

struct Guest;

/// What it thinks of equal results; a test can write over it.
const VIEW: &str = "equal-agree";

impl about::Guest for Guest {
    fn identify() -> about::Identity {
        about::Identity {
            name: guests::text(guests::NAME),
            version: guests::text(guests::VERSION),
            summary: "Measures.".to_string(),
        }
    }
}

impl judging::Guest for Guest {
    fn compare(results: Vec<ResultInQuestion>) -> Comparison {
        let how = results.first().map(|first| first.report.instruction.as_str()).unwrap_or_default();
        guests::behave(how);
        let how = guests::told(how);
        let shortest = (0..).zip(&results).min_by_key(|(_, result)| result.diff.len());
        let equal = results.windows(2).all(|two| two[0].diff == two[1].diff);
        let agree = equal && guests::text(VIEW).starts_with("equal");
        Comparison {
            agreement: if agree { Agreement::Full } else { Agreement::None },
            winner: match how {
                "lie" => u32::try_from(results.len()).ok(),
                _ => shortest.map(|(place, _)| place),
            },
            reason: "it is the shortest".to_string(),
            points_of_agreement: vec![format!("{} results", results.len())],
            differences: Vec::new(),
        }
    }

    fn dimensions() -> Vec<String> {
        vec![guests::text("dimension-one"), guests::text("dimension-two")]
    }

    fn rate(subject: ResultInQuestion) -> Vec<Rating> {
        guests::behave(&subject.report.instruction);
        let score = match guests::told(&subject.report.instruction) {
            "boast" => 1001,
            _ => 700,
        };
        let rating = |dimension: &'static str| Rating {
            dimension: guests::text(dimension),
            score,
            reason: "so".into(),
        };
        vec![rating("dimension-one")]
    }
}

export!(Guest);
