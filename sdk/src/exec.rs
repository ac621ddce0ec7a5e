//! What the adapters of agent programs share beside their own parsing: the little that programs
//! tell only in prose (HTTP statuses, how long to stay away), and plain words for a program that
//! something else ended.
//!
//! Nothing here knows a component's generated types, so every adapter can use it.

use alloc::format;
use alloc::string::String;

/// Who or what ended a program that did not end by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The host, because the attempt's time was up.
    WallClock,
    /// The host, because nothing happened any more.
    Idle,
    /// A person or a client.
    Cancelled,
    /// The breaker.
    OverBudget,
    /// Nobody knows: it was gone when the host came back.
    Lost,
    /// Something outside, by this signal.
    Signal(u32),
}

impl Stopped {
    /// What happened, in one sentence.
    pub fn message(self, program: &str) -> String {
        match self {
            Self::WallClock => format!("{program} was ended because its time was up."),
            Self::Idle => format!("{program} was ended because it had shown no sign of life for too long."),
            Self::Cancelled => format!("{program} was cancelled."),
            Self::OverBudget => format!("{program} was ended because the budget was used up."),
            Self::Lost => format!("{program} was gone when the host came back after a restart."),
            Self::Signal(number) => format!("{program} was ended from outside by {}.", signal(number)),
        }
    }

    /// What a person can do about it.
    pub const fn remedy(self) -> Option<&'static str> {
        match self {
            Self::WallClock => Some("Give the attempt a longer timeout, or split the task."),
            Self::Idle => Some("Check that the provider answers, or allow a longer idle time."),
            Self::OverBudget => Some("Raise the limit, or reset the breaker with a reason."),
            Self::Lost => Some("Run it again; what it had done is on its branch."),
            Self::Signal(9) => Some("Look for the kernel's out-of-memory killer, then run it again."),
            Self::Signal(_) => Some("Find out who ended it, then run it again."),
            Self::Cancelled => None,
        }
    }
}

/// A signal as people know it.
fn signal(number: u32) -> String {
    let name = match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        _ => return format!("signal {number}"),
    };
    name.into()
}

/// The HTTP status named after the word "status" in `text`, as in `unexpected status 401
/// Unauthorized` and `last status: 429`.
pub fn http_status(text: &str) -> Option<u16> {
    text.match_indices("status").find_map(|(at, word)| {
        let rest = text.get(at + word.len()..)?.trim_start_matches([':', ' ', '"', '=']);
        let digits = rest.get(..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()))?;
        let status = digits.parse().ok()?;
        (100..600).contains(&status).then_some(status)
    })
}

/// How many milliseconds `text` asks us to stay away, where it does: `try again in 3 days 4 hours`,
/// `retry after 1.5s`, `reset after 18h31m10s`.
pub fn retry_after(text: &str) -> Option<u64> {
    const CUES: [&str; 6] =
        ["try again in ", "retry after ", "retry in ", "reset after ", "resets in ", "retry-after: "];
    let text = text.to_ascii_lowercase();
    let said = CUES.iter().find_map(|cue| span(text.get(text.find(cue)? + cue.len()..)?));
    // A wait of more than thirty years is a slip of whoever wrote it.
    said.filter(|wait| *wait <= 1_000_000_000_000)
}

/// The span of time that `text` begins with, as a run of numbers and units, in milliseconds.
fn span(mut text: &str) -> Option<u64> {
    let mut total = None;
    loop {
        let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, rest) = text.split_at(number_end);
        // A full stop may end the sentence rather than go on with the number.
        let Ok(number) = number.trim_end_matches('.').parse::<f64>() else { return total };
        let rest = rest.trim_start();
        let unit_end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(unit_end);
        let Some(millis) = unit_millis(unit) else { return total };
        // This ensures no overflow: the cast saturates, and so does the sum.
        total = Some(total.unwrap_or(0u64).saturating_add((number * millis) as u64));
        text = rest.trim_start_matches([' ', ',']);
        text = text.strip_prefix("and ").unwrap_or(text);
    }
}

fn unit_millis(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" | "millisecond" | "milliseconds" => 1.0,
        "" | "s" | "sec" | "secs" | "second" | "seconds" => 1_000.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000.0,
        "h" | "hour" | "hours" => 3_600_000.0,
        "d" | "day" | "days" => 86_400_000.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_found_in_prose() {
        assert_eq!(http_status("unexpected status 401 Unauthorized: no"), Some(401));
        assert_eq!(http_status("exceeded retry limit, last status: 429 Too Many"), Some(429));
        assert_eq!(http_status("status unknown, then status: 503"), Some(503));
        assert_eq!(http_status("status 7, 401 elsewhere"), None);
        assert_eq!(http_status("all is well"), None);
    }

    #[test]
    fn waiting_times_are_read_whatever_their_units() {
        assert_eq!(retry_after("Suggested retry after 1s."), Some(1_000));
        assert_eq!(retry_after("Please try again in 5.2s. Visit us"), Some(5_200));
        assert_eq!(retry_after("or try again in 3 days 4 hours and 5 minutes."), Some(273_900_000));
        assert_eq!(retry_after("Your quota will reset after 18h31m10s."), Some(66_670_000));
        assert_eq!(retry_after("please Try again in 850ms"), Some(850));
        assert_eq!(retry_after("Try again later."), None);
        assert_eq!(retry_after("try again in a while"), None);
        assert_eq!(retry_after("retry after 99999999999999999999 days"), None);
    }

    #[test]
    fn every_ending_has_words_for_a_person() {
        assert_eq!(Stopped::Signal(9).message("codex"), "codex was ended from outside by SIGKILL.");
        assert_eq!(Stopped::Signal(64).message("x"), "x was ended from outside by signal 64.");
        for stopped in [Stopped::WallClock, Stopped::Idle, Stopped::OverBudget, Stopped::Lost] {
            assert!(stopped.message("x").ends_with('.') && stopped.remedy().is_some(), "{stopped:?}");
        }
    }
}
