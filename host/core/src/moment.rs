//! Times and durations as people write them.

use jackfield_types::Timestamp;
use jiff::{SignedDuration, Span, SpanRelativeTo};

/// Parses a time, a date or a duration like `90d`: `from_now` turns a duration into a time, and `of_day` is the time
/// of day of a date.
pub fn moment(
    text: &str,
    from_now: impl FnOnce(SignedDuration) -> Option<Timestamp>,
    of_day: &str,
) -> Option<Timestamp> {
    let length = || {
        let span: Span = text.parse().ok()?;
        from_now(span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?)
    };
    text.parse().ok().or_else(|| format!("{text}{of_day}").parse().ok()).or_else(length)
}

/// Milliseconds from one time to another; 0 if `to` is earlier.
pub fn since(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or(0)
}

/// The milliseconds from the Unix epoch to a time; 0 before the epoch.
pub fn milliseconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or(0)
}
