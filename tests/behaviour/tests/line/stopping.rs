//! A server that stops: what it waits for, what the next one takes over, and what it ends.

use crate::actors::{recording_in_two, shell, with};
use crate::crash::{PATIENT, said, state};
use jackfield_behaviour::{Ground, Reply, Server, tagged, until, until_told};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// A run whose agent has printed something, and a caller that waits for its end.
struct AtWork {
    run: String,
    attempt: String,
    waits: JoinHandle<Reply>,
}

async fn at_work(ground: &Ground, server: &Server, request: Value) -> AtWork {
    let (rest, request) = (server.rest(), with(request, json!({ "wait_s": 60 })));
    let waits = tokio::spawn(async move { rest.execute(&request).await });
    let row = until("an attempt at work", || {
        ground.database().rows("SELECT id, run FROM attempts WHERE state = 'running'").pop()
    })
    .await;
    let text = |name: &str| row[name].as_str().unwrap().to_owned();
    let at_work = AtWork { run: text("run"), attempt: text("id"), waits };
    until("what the agent printed, in the record", || (!said(ground, &at_work.run).is_empty()).then_some(()))
        .await;
    at_work
}

fn go(ground: &Ground) {
    std::fs::write(ground.worktrees()[0].join("go"), "").unwrap();
}

async fn logged(ground: &Ground, words: &str) {
    until(words, || ground.server_log().contains(words).then_some(())).await;
}

fn run_state(ground: &Ground, run: &str) -> String {
    let row = ground.database().row(&format!("SELECT state FROM runs WHERE id = '{run}'"));
    row["state"].as_str().unwrap().to_owned()
}

async fn adopted(ground: &Ground, attempt: &str) {
    until("the adoption, on record", || {
        let sql = format!("SELECT COUNT(*) FROM attempts WHERE id = '{attempt}' AND adopted = 1");
        (ground.database().number(&sql) == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn running_agent_survives_a_restart_of_the_server_and_is_charged_once() {
    let ground = Ground::new()
        .with("ANTHROPIC_API_KEY", "a-key-of-no-account")
        .with_config("[server]\ndrain_s = 0\n")
        .with_script(
            "claude",
            &recording_in_two("0.01", "until [ -e go ]; do sleep 0.05; done; rm go; echo whole > whole.txt"),
        );
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = json!({ "instruction": "Write", "executor": "claude", "workspace": repository.text() });
    let AtWork { run, attempt, waits } = at_work(&ground, &server, request).await;
    let heard = said(&ground, &run);
    server.stop().await;
    // The waiting caller gets an answer that the run goes on.
    let told = waits.await.unwrap().fine();
    assert_eq!(told["state"], "running", "{told}");
    assert!(told["next"].as_str().unwrap().contains(&run), "{told}");
    assert!(ground.server_log().contains(&format!("takes them over: {run}")), "{}", ground.server_log());
    assert_eq!(run_state(&ground, &run), "running");
    assert_ne!(tagged(&attempt), [], "the agent is at work");

    let server = ground.serve().await;
    adopted(&ground, &attempt).await;
    go(&ground);
    let view = state(&server, &run, "succeeded").await;
    assert_eq!(view["attempts"].as_array().unwrap().len(), 1, "it ran once: {view}");
    assert_eq!(said(&ground, &run)[..heard.len()], heard, "nothing twice");
    assert_eq!(repository.file(view["attempts"][0]["branch"].as_str().unwrap(), "whole.txt"), "whole");
    let database = ground.database();
    assert_eq!(database.ledger(), (10_000, 0), "charged once, and nothing is held any more");
    assert_eq!(database.breaker(), (10_000, 0));
    database.assert_events_without_gap();
    repository.assert_untouched();
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn running_attempt_ends_within_the_drain_time_and_no_new_one_starts() {
    let ground = Ground::new().with_config("[run]\nmax_concurrent = 1\n");
    let repository = ground.repository();
    let server = ground.serve_with("127.0.0.1:0", &["--drain", "60"]).await;
    let AtWork { run, .. } = at_work(&ground, &server, shell(&repository, PATIENT)).await;
    let waits = with(shell(&repository, "echo waits"), json!({ "wait_s": 0 }));
    let waiting = server.rest().execute(&waits).await.fine();
    server.terminate();
    logged(&ground, "1 run(s) at work are waited for, 60 s at most").await;
    let refused = server.rest().execute(&shell(&repository, "echo too late")).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (503, &json!("stopping")), "{refused:?}");
    let status = server.rest().get("/api/status").await.fine();
    let warned = |warning: &Value| warning.as_str().unwrap().contains("takes nothing new; 1 run(s)");
    assert!(status["warnings"].as_array().unwrap().iter().any(warned), "{status}");
    go(&ground);
    assert!(server.gone().await.success());
    assert_eq!(run_state(&ground, &run), "succeeded");
    let waiting = waiting["run_id"].as_str().unwrap();
    assert_eq!(run_state(&ground, waiting), "queued", "what waits in line stays there");
    assert_eq!(said(&ground, &run), ["one", "two"]);

    let server = ground.serve().await;
    state(&server, waiting, "succeeded").await;
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn second_signal_ends_the_server_at_once_and_loses_nothing() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve_with("127.0.0.1:0", &["--drain", "600"]).await;
    let AtWork { run, attempt, .. } = at_work(&ground, &server, shell(&repository, PATIENT)).await;
    server.terminate();
    logged(&ground, "waited for, 600 s at most").await;
    let again = Instant::now();
    server.terminate();
    assert!(server.gone().await.success());
    assert!(again.elapsed() < Duration::from_secs(5), "it took {:?}", again.elapsed());
    assert!(ground.server_log().contains("second stop signal"), "{}", ground.server_log());
    assert_ne!(tagged(&attempt), [], "the agent is at work");

    let server = ground.serve().await;
    adopted(&ground, &attempt).await;
    go(&ground);
    state(&server, &run, "succeeded").await;
    assert_eq!(said(&ground, &run), ["one", "two"]);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn running_check_is_ended_and_repeated_by_the_next_server() {
    let ground = Ground::new().with_config("[server]\ndrain_s = 0\n");
    let repository = ground.repository();
    let gate = ground.path().join("gate");
    let begun = ground.path().join("begun");
    let check =
        format!("touch left.txt {}; until [ -e {} ]; do sleep 0.05; done", begun.display(), gate.display());
    let server = ground.serve().await;
    let request = json!({ "checks": [{ "command": check }], "wait_s": 0 });
    let request = with(shell(&repository, "echo done > done.txt"), request);
    let handle = server.rest().execute(&request).await.fine();
    let run = handle["run_id"].as_str().unwrap();
    until("the check at work", || begun.exists().then_some(())).await;
    server.stop().await;
    assert_eq!(ground.processes(), [], "no check outlives its server");
    assert_eq!(run_state(&ground, run), "running");
    std::fs::write(&gate, "").unwrap();

    let server = ground.serve().await;
    let view = state(&server, run, "succeeded").await;
    assert_eq!(view["attempts"][0]["outcome"]["verified"], "passed", "{view}");
    let branch = view["attempts"][0]["branch"].as_str().unwrap();
    let files = repository.git(&["ls-tree", "--name-only", branch]);
    assert_eq!(files, "README.md\ndone.txt", "what the first check left is not the agent's work");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn server_set_to_cancel_on_stop_settles_its_runs() {
    let ground = Ground::new().with_config("[server]\ndrain_s = 0\non_stop = \"cancel\"\n");
    let repository = ground.repository();
    let server = ground.serve().await;
    let AtWork { run, attempt, waits } = at_work(&ground, &server, shell(&repository, PATIENT)).await;
    server.stop().await;
    assert_eq!(waits.await.unwrap().fine()["state"], "cancelled", "whoever waits is told how it ended");
    assert_eq!(tagged(&attempt), []);
    assert_eq!(run_state(&ground, &run), "cancelled");
    assert_eq!(repository.branches().len(), 1, "the work so far is kept");
    repository.assert_untouched();
    ground.leave();
}

#[tokio::test]
async fn changed_on_stop_setting_applies_without_a_restart() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    std::fs::write(ground.config(), "[server]\ndrain_s = 0\non_stop = \"cancel\"\n").unwrap();
    until_told("the new setting, on the host's log", async || {
        let events = server.rest().get("/api/events").await.fine();
        events.to_string().contains("server.on_stop").then_some(())
    })
    .await;
    let AtWork { run, .. } = at_work(&ground, &server, shell(&repository, PATIENT)).await;
    server.stop().await;
    assert_eq!(run_state(&ground, &run), "cancelled");
    ground.leave();
}
