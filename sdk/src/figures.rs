//! Money, time and counts as people read them.

use alloc::format;
use alloc::string::String;

/// Cents; under a cent, two digits that matter.
pub fn dollars(micros: u64) -> String {
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
pub fn wall(millis: u64) -> String {
    let seconds = millis / 1_000;
    match seconds {
        0 => format!("0.{}s", millis / 100),
        1..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m {}s", seconds / 60, seconds % 60),
        _ => format!("{}h {}m", seconds / 3_600, seconds / 60 % 60),
    }
}

/// `1 attempt`, `3 attempts`.
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

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
