//! How an answer travels: all at once or piece by piece, with the pauses and the cut that a scenario wants.
//!
//! A cut yields to the connection before it breaks it, so that what was sent before really arrives.

use crate::standin::Patience;
use axum::body::{Body, Bytes};
use std::{io, time::Duration};

/// A streamed answer, written out as server-sent events.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// What comes before the model has said anything.
    pub(crate) opening: Vec<String>,
    /// What the model says, in small pieces.
    pub(crate) pieces: Vec<String>,
    /// What says that it is complete, with the usage.
    pub(crate) closing: Vec<String>,
}

/// What happens to an answer on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    Through,
    LateBy(Duration),
    CutMidway,
    SilentMidway(Duration),
}

/// One thing to do on the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    Text(String),
    Pause(Duration),
    Cut,
}

const KEEPALIVE_EVERY: Duration = Duration::from_secs(2);

/// The frames of a streamed answer.
pub(crate) fn streamed(events: Events, course: Course, keepalive: Option<&str>) -> Vec<Frame> {
    let half = events.pieces.len().div_ceil(2);
    let text = |texts: Vec<String>| texts.into_iter().map(Frame::Text);
    let mut frames: Vec<Frame> = text(events.opening).collect();
    let mut pieces = text(events.pieces);
    match course {
        Course::Through => {}
        Course::LateBy(time) => frames.extend(late(time, keepalive)),
        Course::CutMidway => {
            frames.extend(pieces.take(half));
            frames.push(Frame::Cut);
            return frames;
        }
        Course::SilentMidway(time) => {
            frames.extend(pieces.by_ref().take(half));
            frames.push(Frame::Pause(time));
        }
    }
    frames.extend(pieces);
    frames.extend(text(events.closing));
    frames
}

/// The frames of an answer in one piece.
pub(crate) fn whole(text: String, course: Course) -> Vec<Frame> {
    match course {
        Course::Through => vec![Frame::Text(text)],
        Course::LateBy(time) | Course::SilentMidway(time) => vec![Frame::Pause(time), Frame::Text(text)],
        Course::CutMidway => {
            let half: String = text.chars().take(text.chars().count() / 2).collect();
            vec![Frame::Text(half), Frame::Cut]
        }
    }
}

fn late(time: Duration, keepalive: Option<&str>) -> Vec<Frame> {
    let Some(keepalive) = keepalive else { return vec![Frame::Pause(time)] };
    let mut frames = Vec::new();
    let mut left = time;
    while left > KEEPALIVE_EVERY {
        frames.extend([Frame::Pause(KEEPALIVE_EVERY), Frame::Text(keepalive.to_owned())]);
        left -= KEEPALIVE_EVERY;
    }
    frames.push(Frame::Pause(left));
    frames
}

/// Plays frames as a response's body.
pub(crate) fn body(frames: Vec<Frame>, patience: Patience) -> Body {
    Body::from_stream(futures::stream::unfold(
        (frames.into_iter(), patience),
        |(mut frames, mut patience)| async move {
            loop {
                match frames.next()? {
                    Frame::Text(text) => return Some((Ok(Bytes::from(text)), (frames, patience))),
                    Frame::Pause(time) => patience.pause(time).await,
                    Frame::Cut => {
                        tokio::task::yield_now().await;
                        let cut = io::Error::new(io::ErrorKind::ConnectionReset, "cut by the scenario");
                        return Some((Err(cut), (frames, patience)));
                    }
                }
            }
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events() -> Events {
        let own = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Events { opening: own(&["open"]), pieces: own(&["a", "b", "c"]), closing: own(&["close"]) }
    }

    fn said(frames: &[Frame]) -> String {
        frames
            .iter()
            .map(|frame| match frame {
                Frame::Text(text) => text.clone(),
                Frame::Pause(time) => format!("<{}s>", time.as_secs()),
                Frame::Cut => "<cut>".to_owned(),
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn a_cut_answer_has_begun_and_never_says_that_it_is_complete() {
        assert_eq!(said(&streamed(events(), Course::CutMidway, None)), "open a b <cut>");
        assert_eq!(said(&whole("{\"a\":1}".into(), Course::CutMidway)), "{\"a <cut>");
    }

    #[test]
    fn a_stalled_answer_goes_on_where_it_stopped() {
        let frames = streamed(events(), Course::SilentMidway(Duration::from_secs(9)), Some("ping"));
        assert_eq!(said(&frames), "open a b <9s> c close");
    }

    #[test]
    fn a_late_answer_is_kept_alive_only_where_the_api_has_a_way_to() {
        let late = |keepalive| said(&streamed(events(), Course::LateBy(Duration::from_secs(5)), keepalive));
        assert_eq!(late(Some("ping")), "open <2s> ping <2s> ping <1s> a b c close");
        assert_eq!(late(None), "open <5s> a b c close");
    }
}
