//! Server-sent events: a run's log and the host's own, for readers that come late, go and come back, or
//! are slow.
//!
//! Events are read when the connection can take them, so a slow reader is waited for and holds no more
//! than a page. Each event's id is its sequence number: who comes back with `Last-Event-ID` goes on
//! after it.

use super::refused::Refused;
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt};
use jackfield::{Change, Host};
use jackfield_store::{HostEventRecord, RunSummary};
use jackfield_types::{ErrorCode, Problem, RunId};
use schemars::JsonSchema;
use serde::Serialize;
use std::convert::Infallible;
use std::time::Duration;

/// Where a reader goes on that was there before.
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");
/// How often a connection without news shows that it lives; readers are promised 15 seconds.
const ALIVE: Duration = Duration::from_secs(10);

/// Where a reader begins: after what it has seen, which the header knows better than the address.
pub(super) fn place(headers: &HeaderMap, after: u64) -> Result<(u64, bool), Problem> {
    let Some(given) = headers.get(LAST_EVENT).filter(|given| !given.is_empty()) else {
        return Ok((after, false));
    };
    match given.to_str().ok().and_then(|text| text.trim().parse().ok()) {
        Some(seen) => Ok((seen, true)),
        None => Err(Problem::caller(
            ErrorCode::BadLastEventId,
            format!("Last-Event-ID is {given:?}, and the ids of these events are whole numbers"),
            "send the id of the last event that you have seen, or leave the header out",
        )),
    }
}

/// The events of a run, until it has ended.
pub(super) async fn run(
    host: &Host,
    run: RunId,
    headers: &HeaderMap,
    after: u64,
) -> Result<Response, Refused> {
    let (seen, back) = place(headers, after)?;
    if back
        && host.runs().get(run).await?.run.state.is_final()
        && host.output().events(run, seen, 1).await?.is_empty()
    {
        // The one answer after which a reader that comes back by itself stays away.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let feed = host.runs().feed(run, seen).await?;
    let pages = stream::unfold(feed, |mut feed| async {
        let page = told(feed.page().await)?;
        Some((page, feed))
    });
    Ok(sent(pages.flat_map(stream::iter).map(|event| line(event.seq, &event.kind, &event))))
}

/// The host's own events, until it stops.
pub(super) fn events(host: &Host, headers: &HeaderMap, after: u64) -> Result<Response, Refused> {
    let (seen, _) = place(headers, after)?;
    let pages = stream::unfold(host.events().feed(seen), |mut feed| async {
        let page = told(feed.page().await)?;
        Some((page, feed))
    });
    Ok(sent(pages.flat_map(stream::iter).map(|event| line(event.seq, &event.kind, &event))))
}

/// An event of the stream of changes: its name and its data.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
#[allow(dead_code, reason = "the description of the stream; its lines are written without it")]
pub(super) enum ChangeLine {
    /// The stream has begun.
    Ready(Ready),
    /// A run, as it is now.
    Run(Box<RunSummary>),
    /// An event of the host.
    Host(HostEventRecord),
    /// How many human tasks are open.
    HumanTasks(OpenHumanTasks),
}

/// The begin of a stream of changes.
#[derive(Serialize, JsonSchema)]
pub(super) struct Ready {
    /// The host's last event.
    as_of: u64,
    /// The version of the program.
    version: &'static str,
}

/// How many human tasks are open.
#[derive(Serialize, JsonSchema)]
pub(super) struct OpenHumanTasks {
    open: u64,
}

/// What changes from now on, until the host stops.
pub(super) async fn changes(host: &Host) -> Result<Response, Refused> {
    let feed = host.events().changes().await?;
    let ready = Ready { as_of: host.events().last().await?, version: jackfield::VERSION };
    let pages = stream::unfold(feed, |mut feed| async {
        let changes = told(feed.next().await)?;
        Some((changes, feed))
    });
    let changes = pages.flat_map(stream::iter).map(|change| match change {
        Change::Run(run) => named("run", &run),
        Change::Host(event) => line(event.seq, "host", &event),
        Change::HumanTasks(open) => named("human_tasks", &OpenHumanTasks { open }),
    });
    Ok(sent(stream::once(ready_line(ready)).chain(changes)))
}

async fn ready_line(ready: Ready) -> Result<Event, Infallible> {
    named("ready", &ready)
}

fn named(name: &str, data: &impl Serialize) -> Result<Event, Infallible> {
    Ok(Event::default().event(name).data(serde_json::to_string(data).unwrap_or_default()))
}

/// A reader whose records cannot be read is cut off: it comes back and asks again.
fn told<T>(page: Result<Option<T>, Problem>) -> Option<T> {
    page.inspect_err(|problem| tracing::warn!("a stream of events ends early: {problem}")).ok().flatten()
}

fn line(seq: u64, kind: &str, event: &impl Serialize) -> Result<Event, Infallible> {
    let data = serde_json::to_string(event).unwrap_or_default();
    Ok(Event::default().id(seq.to_string()).event(kind).data(data))
}

fn sent(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let alive = KeepAlive::new().interval(ALIVE);
    // A proxy in between must not save events up.
    ([("x-accel-buffering", "no")], Sse::new(events).keep_alive(alive)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(id: &'static str) -> HeaderMap {
        [(LAST_EVENT, HeaderValue::from_static(id))].into_iter().collect()
    }

    #[test]
    fn last_event_id_header_overrides_the_query_and_must_be_a_number() {
        assert_eq!(place(&HeaderMap::new(), 5).unwrap(), (5, false));
        assert_eq!(place(&headers("7"), 5).unwrap(), (7, true));
        assert_eq!(place(&headers(""), 5).unwrap(), (5, false));
        for wrong in ["last", "-1", "7.5"] {
            assert_eq!(place(&headers(wrong), 5).unwrap_err().code, "bad_last_event_id");
        }
    }
}
