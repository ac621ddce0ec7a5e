//! How a call ends before its run does: called off, closed, or heard from while it waits.

use crate::actors::{shell, with};
use jackfield_behaviour::{Era, Ground, Mcp, Repository, Server, Stream, tagged, until, until_told};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

/// Works until it is ended.
const LONG: &str = "echo begun; sleep 600";

/// A call of `execute` with progress, whose agent is running: the stream, the run and its attempt.
async fn begun(
    ground: &Ground,
    mcp: &Mcp,
    repository: &Repository,
    more: Value,
    id: u64,
) -> (Stream, String, String) {
    let arguments = with(shell(repository, LONG), more);
    let params = json!({ "name": "execute", "arguments": arguments, "_meta": { "progressToken": "told" } });
    let all = || ground.database().rows("SELECT run, id FROM attempts WHERE state = 'running'");
    let known = all();
    let mut stream = mcp.open_stream("tools/call", params, id).await;
    assert_eq!(stream.next().await.unwrap()["method"], "notifications/progress");
    let row = until("the attempt at work", || {
        let row = all().into_iter().find(|row| !known.contains(row))?;
        let attempt = row["id"].as_str()?;
        tagged(attempt).iter().any(|process| process.command == "sleep 600").then(|| row.clone())
    })
    .await;
    let text = |field: &str| row[field].as_str().unwrap().to_owned();
    (stream, text("run"), text("id"))
}

async fn state(server: &Server, run: &str) -> String {
    let view = server.rest().get(&format!("/api/runs/{run}")).await.fine();
    view["run"]["state"].as_str().unwrap().to_owned()
}

async fn ended(server: &Server, run: &str, attempt: &str) {
    until_told("the end of the run", async || (state(server, run).await == "cancelled").then_some(())).await;
    assert_eq!(tagged(attempt), [], "every process was ended");
}

#[tokio::test]
async fn cancel_notification_ends_the_run_of_its_own_call_only() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let (one, other) = (server.mcp(Era::Legacy), server.mcp(Era::Legacy));
    one.open().await;
    other.open().await;
    // Both clients count their requests from the same number.
    let (mut mine, run, attempt) = begun(&ground, &one, &repository, json!({}), 7).await;
    let (theirs, their_run, their_attempt) = begun(&ground, &other, &repository, json!({}), 7).await;
    assert_ne!(run, their_run);
    one.call_off(8).await;
    one.call_off(7).await;
    ended(&server, &run, &attempt).await;
    while let Some(message) = mine.next().await {
        assert!(message["id"].is_null() || message["result"]["structuredContent"]["state"] == "cancelled");
    }
    assert_eq!(state(&server, &their_run).await, "running");
    other.call_off(7).await;
    ended(&server, &their_run, &their_attempt).await;
    drop(theirs);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn run_outlives_the_connection_of_its_caller_unless_set_to_cancel() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    for era in Era::ALL {
        let mcp = server.mcp(era);
        mcp.open().await;
        let (stream, run, attempt) = begun(&ground, &mcp, &repository, json!({}), 1).await;
        drop(stream);
        let (stream, doomed, its_attempt) =
            begun(&ground, &mcp, &repository, json!({ "on_close": "cancel" }), 2).await;
        drop(stream);
        ended(&server, &doomed, &its_attempt).await;
        assert_eq!(state(&server, &run).await, "running", "{era:?}");
        let said = mcp.call("cancel", json!({ "run_id": run })).await;
        assert_eq!(said.fine()["state"], "cancelled");
        assert_eq!(tagged(&attempt), []);
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn closed_connection_without_on_close_follows_the_configuration() {
    let ground = Ground::new().with_config("[mcp]\non_close = \"cancel\"\n");
    let repository = ground.repository();
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless);
    let (stream, run, attempt) = begun(&ground, &mcp, &repository, json!({}), 1).await;
    drop(stream);
    ended(&server, &run, &attempt).await;
    let (stream, kept, its_attempt) =
        begun(&ground, &mcp, &repository, json!({ "on_close": "keep" }), 2).await;
    drop(stream);
    // Waiting for it in another call and closing that ends nothing: it is not that call's run.
    let params =
        json!({ "name": "result", "arguments": { "run_id": kept }, "_meta": { "progressToken": "told" } });
    let mut looking = mcp.open_stream("tools/call", params, 3).await;
    assert_eq!(looking.next().await.unwrap()["method"], "notifications/progress");
    drop(looking);
    let said = mcp.call("result", json!({ "run_id": kept, "wait_s": 1 })).await;
    assert_eq!(said.fine()["state"], "running");
    mcp.call("cancel", json!({ "run_id": kept })).await.fine();
    assert_eq!(tagged(&its_attempt), []);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn waiting_client_gets_a_message_every_fifteen_seconds() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless);
    let (mut stream, run, _) = begun(&ground, &mcp, &repository, json!({}), 1).await;
    let mut last = 0.0;
    let begun = tokio::time::Instant::now();
    let mut said = String::new();
    while begun.elapsed() < Duration::from_secs(24) {
        let next =
            timeout(Duration::from_secs(15), stream.next()).await.expect("no silence of fifteen seconds");
        let params = next.expect("it goes on")["params"].clone();
        let progress = params["progress"].as_f64().unwrap();
        assert!(progress > last, "{params}");
        last = progress;
        params["message"].as_str().unwrap().clone_into(&mut said);
    }
    assert!(said.starts_with("still at: "), "{said}");
    mcp.call("cancel", json!({ "run_id": run })).await.fine();
    drop(stream);
    server.stop().await;
    ground.leave();
}
