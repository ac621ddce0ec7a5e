//! Money and time as people read them.

use crate::facts::{Micros, Millis, Report};
use alloc::format;
use alloc::string::String;

/// `$0.0056`, `~$0.01` where tokens were estimated, `cost unknown` where nobody knows: never a
/// guess that looks like a figure, and never nothing.
pub(crate) fn cost(report: &Report) -> String {
    match report.cost {
        Some(micros) if report.usage.estimated => format!("~{}", dollars(micros)),
        Some(micros) => dollars(micros),
        None => String::from("cost unknown"),
    }
}

/// Cents; under a cent, two digits that matter.
fn dollars(micros: Micros) -> String {
    if micros == 0 || micros >= 9_950 {
        let cents = micros.saturating_add(5_000) / 10_000;
        return format!("${}.{:02}", cents / 100, cents % 100);
    }
    let step = if micros >= 1_000 {
        100
    } else if micros >= 100 {
        10
    } else {
        1
    };
    let rounded = (micros + step / 2) / step * step;
    format!("$0.{}", format!("{rounded:06}").trim_end_matches('0'))
}

/// `0.4s`, `12s`, `3m 20s`, `2h 5m`.
pub(crate) fn wall(millis: Millis) -> String {
    let seconds = millis / 1_000;
    match seconds {
        0 => format!("0.{}s", millis / 100),
        1..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m {}s", seconds / 60, seconds % 60),
        _ => format!("{}h {}m", seconds / 3_600, seconds / 60 % 60),
    }
}

/// `1 attempt`, `3 attempts`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
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

    #[test]
    fn money_keeps_the_digits_that_matter() {
        let amounts = [
            (0, "$0.00"),
            (1, "$0.000001"),
            (56, "$0.000056"),
            (5_592, "$0.0056"),
            (9_949, "$0.0099"),
            (9_950, "$0.01"),
            (1_999_000, "$2.00"),
            (1_204_000, "$1.20"),
        ];
        for (micros, expected) in amounts {
            assert_eq!(dollars(micros), expected, "{micros}");
        }
        assert!(dollars(u64::MAX).starts_with('$'));
    }

    #[test]
    fn time_is_told_in_two_units_at_most() {
        for (millis, expected) in
            [(0, "0.0s"), (449, "0.4s"), (12_900, "12s"), (200_000, "3m 20s"), (7_500_000, "2h 5m")]
        {
            assert_eq!(wall(millis), expected);
        }
    }
}
