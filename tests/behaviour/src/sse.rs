//! A reader of server-sent events, as a browser's is: by the bytes of the stream and nothing else.

use crate::{PATIENCE, Rest};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The id, which is a sequence number; 0 where the event has none.
    pub id: u64,
    /// What sort of event.
    pub kind: String,
    /// What it says.
    pub data: Value,
}

/// An open stream. Dropping it cuts the connection.
pub struct Sse {
    response: Response,
    buffer: Vec<u8>,
    /// Comments so far: a stream without news shows by them that it lives.
    pub comments: usize,
}

impl Sse {
    /// Opens a stream, after the event with the id `last` where one is given.
    pub async fn open(rest: &Rest, path: &str, last: Option<u64>) -> Self {
        let response = Self::ask(rest, path, last).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let kind = response.headers().get(CONTENT_TYPE).unwrap().to_str().unwrap();
        assert!(kind.starts_with("text/event-stream"), "{kind}");
        Self { response, buffer: Vec::new(), comments: 0 }
    }

    /// The same, whatever the answer is.
    pub async fn ask(rest: &Rest, path: &str, last: Option<u64>) -> Response {
        let request = rest.request(Method::GET, path);
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        request.send().await.expect("the server answers")
    }

    /// The next event; none where the stream has ended.
    pub async fn next(&mut self) -> Option<Heard> {
        self.next_after(Duration::ZERO).await
    }

    /// The same of somebody who takes a rest before each look at the connection.
    pub async fn next_after(&mut self, rest: Duration) -> Option<Heard> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let message: Vec<u8> = self.buffer.drain(..end + 2).collect();
                if let Some(heard) = self.parsed(&message) {
                    return Some(heard);
                }
                continue;
            }
            tokio::time::sleep(rest).await;
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("the stream goes on or ends");
            let Some(chunk) = chunk.expect("the stream is not torn") else {
                assert!(self.buffer.is_empty(), "half an event at the end");
                return None;
            };
            self.buffer.extend_from_slice(&chunk);
        }
    }

    /// Everything until the stream ends.
    pub async fn to_the_end(mut self) -> Vec<Heard> {
        let mut heard = Vec::new();
        while let Some(event) = self.next().await {
            heard.push(event);
        }
        heard
    }

    /// Waits for a comment; fails where an event comes first.
    pub async fn comment(&mut self) {
        let before = self.comments;
        while self.comments == before {
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("the stream lives").unwrap();
            self.buffer.extend_from_slice(&chunk.expect("the stream goes on"));
            while let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let message: Vec<u8> = self.buffer.drain(..end + 2).collect();
                assert_eq!(self.parsed(&message), None);
            }
        }
    }

    fn parsed(&mut self, message: &[u8]) -> Option<Heard> {
        let (mut id, mut kind, mut data) = (None, String::new(), String::new());
        for line in String::from_utf8(message.to_vec()).unwrap().lines().filter(|line| !line.is_empty()) {
            let (field, value) = line.split_once(':').expect("a field");
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "" => self.comments += 1,
                "id" => id = Some(value.parse().unwrap()),
                "event" => value.clone_into(&mut kind),
                "data" => data.push_str(value),
                other => panic!("an unknown field {other}"),
            }
        }
        let data = (!data.is_empty()).then(|| serde_json::from_str(&data).unwrap())?;
        Some(Heard { id: id.unwrap_or_default(), kind, data })
    }
}
