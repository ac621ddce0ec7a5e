//! The stand-in by itself: who chooses the scenario, what waits and for how long, what is remembered.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use jackfield_standin::{Api, Fault, HELLO_TEXT, Scenario, Standin, TEST_KEY};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const PATHS: [(Api, &str); 3] = [
    (Api::Anthropic, "/v1/messages"),
    (Api::OpenAi, "/v1/responses"),
    (Api::Gemini, "/v1beta/models/some-model:generateContent"),
];

fn body(api: Api, prompt: &str) -> Value {
    match api {
        Api::Anthropic => json!({"model": "some-model", "messages": [{"role": "user", "content": prompt}]}),
        Api::OpenAi => json!({"model": "some-model", "input": prompt}),
        Api::Gemini => json!({"contents": [{"role": "user", "parts": [{"text": prompt}]}]}),
    }
}

/// Sends a request and leaves the answer to be read.
async fn send(standin: &Standin, path: &str, body: &Value) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", standin.port())).await.unwrap();
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: standin\r\nconnection: close\r\nx-api-key: {TEST_KEY}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    stream
}

async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is cut may end in an error; what came before it counts.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}

async fn asked(standin: &Standin, api: Api, prompt: &str) -> String {
    let path = PATHS.iter().find(|(of, _)| *of == api).unwrap().1;
    rest(send(standin, path, &body(api, prompt)).await).await
}

fn played(standin: &Standin) -> String {
    standin.log().last().unwrap().scenario.clone().unwrap()
}

#[tokio::test]
async fn every_api_says_hello_in_its_own_words() {
    let standin = Standin::start().unwrap();
    for (api, _) in PATHS {
        let told = asked(&standin, api, "hi").await;
        assert!(told.starts_with("HTTP/1.1 200") && told.contains(HELLO_TEXT), "{api:?}: {told}");
    }
    assert_eq!(standin.conversations().len(), 3);
}

#[tokio::test]
async fn the_scenario_that_is_named_most_narrowly_is_played() {
    let standin = Standin::start().unwrap();
    standin.scenario(Scenario::Refusal);
    asked(&standin, Api::Gemini, "hi").await;
    assert_eq!(played(&standin), "refusal");
    asked(&standin, Api::Gemini, "scenario=hello").await;
    assert_eq!(played(&standin), "hello");
    standin.scenario_for(Api::Gemini, Scenario::MaxTokens);
    asked(&standin, Api::Gemini, "scenario=hello").await;
    assert_eq!(played(&standin), "maxtokens");
    standin.scenario_for_model("some-model", Scenario::always(Fault::Forbidden));
    assert!(asked(&standin, Api::Gemini, "scenario=hello").await.starts_with("HTTP/1.1 403"));
    asked(&standin, Api::Gemini, "gemini-scenario=long:3 scenario=hello").await;
    assert_eq!(played(&standin), "long:3");
    standin.reset_scenarios();
    asked(&standin, Api::Gemini, "hi").await;
    assert_eq!(played(&standin), "hello");
}

#[tokio::test]
async fn a_failure_that_passes_is_counted_for_each_api_and_prompt() {
    let standin = Standin::start().unwrap();
    let status = async |api, prompt| asked(&standin, api, prompt).await.get(9..12).unwrap().to_owned();
    assert_eq!(status(Api::Anthropic, "scenario=overloaded:1").await, "529");
    assert_eq!(status(Api::Anthropic, "scenario=overloaded:1").await, "200");
    assert_eq!(status(Api::OpenAi, "scenario=overloaded:1").await, "503");
    assert_eq!(status(Api::Anthropic, "another, scenario=overloaded:1").await, "529");
}

#[tokio::test]
async fn a_misspelt_scenario_is_refused_and_named() {
    let standin = Standin::start().unwrap();
    let told = asked(&standin, Api::Anthropic, "scenario=helo").await;
    assert!(told.starts_with("HTTP/1.1 400") && told.contains("`helo`"), "{told}");
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait() {
    let standin = Standin::start().unwrap();
    standin.retry_after(42);
    for (api, _) in PATHS {
        let told = asked(&standin, api, "scenario=ratelimit").await;
        assert!(told.starts_with("HTTP/1.1 429") && told.contains("retry-after: 42"), "{told}");
    }
}

#[tokio::test]
async fn a_hanging_request_is_in_the_log_and_is_answered_when_it_is_released() {
    let standin = Standin::start().unwrap();
    let stream = send(&standin, "/v1/messages", &body(Api::Anthropic, "scenario=hang")).await;
    let waiting = standin.arrived(|request| request.scenario.as_deref() == Some("hang:600")).await;
    assert_eq!(waiting.number, 1);
    standin.release();
    assert!(rest(stream).await.contains(HELLO_TEXT));
}

#[tokio::test]
async fn a_stalled_stream_has_begun_and_goes_on_when_it_is_released() {
    let standin = Standin::start().unwrap();
    let mut asking = body(Api::Anthropic, "scenario=stall");
    asking["stream"] = json!(true);
    let mut stream = send(&standin, "/v1/messages", &asking).await;
    let mut begun = String::new();
    while !begun.contains("content_block_delta") {
        let mut bytes = [0; 4096];
        let count = stream.read(&mut bytes).await.unwrap();
        assert!(count > 0, "ended early: {begun}");
        begun.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    assert!(!begun.contains("message_stop"), "{begun}");
    standin.release();
    assert!(rest(stream).await.contains("message_stop"));
}

#[tokio::test]
async fn a_stream_that_is_cut_ends_without_its_last_event() {
    let standin = Standin::start().unwrap();
    for (api, path, last) in [
        (Api::Anthropic, "/v1/messages", "message_stop"),
        (Api::OpenAi, "/v1/responses", "response.completed"),
        (Api::Gemini, "/v1beta/models/some-model:streamGenerateContent", "finishReason"),
    ] {
        let mut asking = body(api, "scenario=cut");
        asking["stream"] = json!(true);
        let told = rest(send(&standin, path, &asking).await).await;
        let first_words = HELLO_TEXT.get(..8).unwrap();
        assert!(told.contains(first_words) && !told.contains(last), "{api:?}: {told}");
        // The empty chunk is how HTTP says that a body is complete.
        assert!(!told.ends_with("0\r\n\r\n"), "{api:?}: {told}");
    }
}

#[tokio::test]
async fn a_request_that_hangs_ends_with_the_stand_in() {
    let standin = Standin::start().unwrap();
    let stream = send(&standin, "/v1/messages", &body(Api::Anthropic, "scenario=hang")).await;
    standin.arrived(|request| request.scenario.is_some()).await;
    drop(standin);
    assert_eq!(rest(stream).await, "");
}

#[test]
fn waiting_for_what_never_comes_says_what_did_come() {
    let standin = Standin::start().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(asked(&standin, Api::OpenAi, "scenario=credit"));
    let found = standin.wait_for(Duration::from_secs(60), |request| request.status == 429).unwrap();
    assert!(found.credential.unwrap().is(TEST_KEY));
    let never = standin.wait_for(Duration::ZERO, |request| request.status == 200).unwrap_err();
    assert!(never.to_string().contains("scenario=credit"), "{never}");
}
