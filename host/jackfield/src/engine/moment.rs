//! Moments and lengths of time as people write them.

use jackfield_types::Timestamp;
use jiff::{SignedDuration, Span, SpanRelativeTo};

/// A length like `90d`, which `from_now` makes a time of; a date, of which `of_day` is meant; or a time.
pub(super) fn moment(
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

/// Milliseconds from one time to another; 0 where it lies behind.
pub(crate) fn since(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or(0)
}
