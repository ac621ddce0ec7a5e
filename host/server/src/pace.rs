//! Bodies that must come in time: whoever lets one trickle holds a connection, and what it may do at once, for ever.

use axum::body::{Body, Bytes};
use futures::{Stream, StreamExt};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long a body may take.
#[derive(Debug, Clone, Copy)]
struct Time {
    /// Longest pause within it.
    pause: Duration,
    /// In all, before what it brings counts.
    whole: Duration,
}

const TIME: Time = Time { pause: Duration::from_secs(30), whole: Duration::from_secs(60) };
/// What buys a large body more time, bytes a second: a slow line sends this.
const SLOWEST: u64 = 16 << 10;

/// Why a body cannot be read.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// It did not come in time.
    Late,
    /// The connection broke, or what came was no body.
    Broken(axum::Error),
}

/// Whether a body could not be read because it came too late, by the error of whoever read it.
pub(super) fn is_late(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if matches!(error.downcast_ref(), Some(Unreadable::Late)) {
            return true;
        }
        cause = error.source();
    }
    false
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late => f.write_str("the body did not arrive in time"),
            Self::Broken(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Unreadable {}

/// A body that ends with an error where it pauses for too long, or is too slow in all.
pub(super) struct Paced {
    body: axum::body::BodyDataStream,
    time: Time,
    began: Instant,
    taken: u64,
    late: Pin<Box<Sleep>>,
    over: bool,
}

impl Paced {
    pub(super) fn new(body: Body) -> Self {
        Self::within(TIME, body)
    }

    fn within(time: Time, body: Body) -> Self {
        let began = Instant::now();
        let late = Box::pin(sleep_until(began + time.pause));
        Self { body: body.into_data_stream(), time, began, taken: 0, late, over: false }
    }

    /// Until when the next part must come.
    fn due(&self, now: Instant) -> Instant {
        let earned = Duration::from_secs(self.taken / SLOWEST);
        (now + self.time.pause).min(self.began + self.time.whole + earned)
    }
}

impl Stream for Paced {
    type Item = Result<Bytes, Unreadable>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.over {
            return Poll::Ready(None);
        }
        if let Poll::Ready(part) = self.body.poll_next_unpin(context) {
            let part = part.map(|part| part.map_err(Unreadable::Broken));
            if let Some(Ok(part)) = &part {
                self.taken = self.taken.saturating_add(part.len() as u64);
            }
            let now = Instant::now();
            let due = self.due(now);
            if due > now {
                self.late.as_mut().reset(due);
                return Poll::Ready(part);
            }
        } else if self.late.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.over = true;
        Poll::Ready(Some(Err(Unreadable::Late)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;

    /// A body of `parts` parts of `bytes` bytes, each after `pause`.
    fn body(parts: usize, bytes: usize, pause: Duration) -> Body {
        Body::from_stream(stream::unfold(parts, move |left| async move {
            if left == 0 {
                return None;
            }
            tokio::time::sleep(pause).await;
            Some((Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; bytes])), left - 1))
        }))
    }

    async fn read(body: Body) -> (usize, bool) {
        let time = Time { pause: Duration::from_millis(300), whole: Duration::from_millis(600) };
        let mut paced = Paced::within(time, body);
        let mut taken = 0;
        while let Some(part) = paced.next().await {
            match part {
                Ok(part) => taken += part.len(),
                Err(error) => return (taken, is_late(&error)),
            }
        }
        (taken, false)
    }

    #[tokio::test]
    async fn body_that_pauses_or_trickles_is_refused_and_a_slow_one_is_read() {
        let (taken, late) = read(body(1_000, 1, Duration::from_millis(20))).await;
        assert!(late && (1..100).contains(&taken), "trickles: {taken}");
        assert_eq!(read(body(2, 1, Duration::from_secs(2))).await, (0, true), "pauses");
        let slow = read(body(10, 64 << 10, Duration::from_millis(100))).await;
        assert_eq!(slow, (10 * (64 << 10), false), "longer than usual, and a lot");
        assert_eq!(read(Body::empty()).await, (0, false));
    }
}
