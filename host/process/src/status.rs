//! How an agent ended, and the status file that tells it to a host that was not there.
//!
//! The gate writes `started` before the agent exists and one line of ending after it. A shell reports a
//! program killed by TERM and one that exits with 143 alike; agents do both, so the gate uses `awk`, which
//! tells them apart: 143, and 256 + 15. What stands beside an agent on a lease writes `expired` before it ends it.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;

/// How a process ended. Neither is known where it ended unseen and could not leave word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exited {
    /// It ended by itself, with this code.
    pub code: Option<i32>,
    /// A signal ended it.
    pub signal: Option<i32>,
}

impl Exited {
    /// It ended unseen.
    pub const UNKNOWN: Self = Self { code: None, signal: None };

    pub(crate) const fn with_code(code: i32) -> Self {
        Self { code: Some(code), signal: None }
    }

    pub(crate) const fn by_signal(signal: i32) -> Self {
        Self { code: None, signal: Some(signal) }
    }

    /// It ended by itself, with code 0.
    pub const fn is_success(&self) -> bool {
        matches!(self.code, Some(0))
    }
}

impl From<std::process::ExitStatus> for Exited {
    fn from(status: std::process::ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt;
        Self { code: status.code(), signal: status.signal() }
    }
}

impl fmt::Display for Exited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "exited with code {code}"),
            (None, Some(signal)) => write!(f, "ended by signal {signal}"),
            (None, None) => f.write_str("ended unseen"),
        }
    }
}

/// What an agent's status file says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It never came to be.
    NeverStarted,
    /// It came to be. Where it is not alive, its end was not seen.
    Started,
    /// It ended.
    Ended(Exited),
}

/// Reads a status file; one that is not there says that nothing was started.
pub(crate) fn read(path: &Path) -> Fate {
    std::fs::read_to_string(path).map_or(Fate::NeverStarted, |text| parse(&text))
}

/// A line counts only when it is whole: the machine may have gone down in the middle of it.
fn parse(text: &str) -> Fate {
    let mut status = Fate::NeverStarted;
    for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
        if line == "expired" && status == Fate::Started {
            // However it then went: it did not end by itself, and nobody who knew why ended it.
            return status;
        }
        status = match line.split_once(' ') {
            None if line == "started" => Fate::Started,
            Some(("ended", value)) => match value.parse::<i32>() {
                Ok(code @ 0..=255) => Fate::Ended(Exited::with_code(code)),
                // gawk adds another 256 where there was a core dump.
                Ok(value @ 256..) => Fate::Ended(Exited::by_signal(value % 256)),
                _ => status,
            },
            _ => status,
        };
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_with_143_and_a_death_by_term_are_told_apart() {
        assert_eq!(parse("started\nended 143\n"), Fate::Ended(Exited::with_code(143)));
        assert_eq!(parse("started\nended 271\n"), Fate::Ended(Exited::by_signal(15)));
        assert_eq!(parse("started\nended 527\n"), Fate::Ended(Exited::by_signal(15)));
    }

    #[test]
    fn the_end_of_an_agent_whose_lease_ran_out_counts_as_unseen() {
        assert_eq!(parse("started\nexpired\nended 265\n"), Fate::Started);
        assert_eq!(
            parse("started\nended 0\nexpired\n"),
            Fate::Ended(Exited::with_code(0)),
            "it was done before"
        );
    }

    #[test]
    fn half_a_line_says_nothing() {
        assert_eq!(parse(""), Fate::NeverStarted);
        assert_eq!(parse("star"), Fate::NeverStarted);
        assert_eq!(parse("started\n"), Fate::Started);
        assert_eq!(parse("started\nended 1"), Fate::Started);
        assert_eq!(parse("started\nended x\n"), Fate::Started);
    }
}
