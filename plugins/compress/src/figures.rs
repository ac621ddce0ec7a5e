//! What a run cost, as people read it.

use crate::facts::Report;
use alloc::format;
use alloc::string::String;
use jackfield_sdk::figures::dollars;
pub(crate) use jackfield_sdk::figures::{counted, wall};

/// `$0.0056`, `~$0.01` where tokens were estimated, `cost unknown` where nobody knows: never a
/// guess that looks like a figure, and never nothing.
pub(crate) fn cost(report: &Report) -> String {
    match report.cost {
        Some(micros) if report.usage.estimated => format!("~{}", dollars(micros)),
        Some(micros) => dollars(micros),
        None => String::from("cost unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::report;

    #[test]
    fn an_estimate_and_an_unknown_price_say_so() {
        let mut report = report();
        assert_eq!(cost(&report), "$0.0056");
        report.cost = Some(12_345);
        report.usage.estimated = true;
        assert_eq!(cost(&report), "~$0.01");
        report.cost = None;
        assert_eq!(cost(&report), "cost unknown");
    }
}
