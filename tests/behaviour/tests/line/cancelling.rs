//! Cancelling at each interface ends the run and every process that it started.

use crate::actors::{shell, with};
use jackfield_behaviour::{Era, Ground, Repository, Server, tagged, until};
use serde_json::{Value, json};

/// Two processes: a child, and one in a session of its own.
const HANG: &str = "echo begun > begun.txt; sleep 600 & setsid sleep 600 & wait";

/// The attempt of the only run, once both of its sleepers are there.
async fn hanging(ground: &Ground, run: &str) -> String {
    until("an attempt with two sleepers", || {
        let sql = format!("SELECT id FROM attempts WHERE run LIKE '{run}' AND state = 'running'");
        let attempt = ground.database().rows(&sql).pop()?["id"].as_str()?.to_owned();
        let sleepers = tagged(&attempt).into_iter().filter(|process| process.command == "sleep 600").count();
        (sleepers == 2).then_some(attempt)
    })
    .await
}

async fn begin(ground: &Ground, server: &Server, repository: &Repository) -> (String, String) {
    let request = with(shell(repository, HANG), json!({ "wait_s": 0 }));
    let handle = server.rest().execute(&request).await.fine();
    let run = handle["run_id"].as_str().unwrap().to_owned();
    let attempt = hanging(ground, &run).await;
    (run, attempt)
}

fn assert_ended(ground: &Ground, repository: &Repository, answer: &Value, attempt: &str) {
    assert_eq!(answer["state"], "cancelled", "{answer}");
    assert_eq!(answer["attempt"]["failure"]["class"], "cancelled", "{answer}");
    assert_eq!(tagged(attempt), [], "every process was ended");
    let branch = answer["attempt"]["branch"].as_str().unwrap();
    assert_eq!(repository.file(branch, "begun.txt"), "begun", "the work so far is kept");
    let row = ground.database().row(&format!(
        "SELECT tasks.state AS task, runs.state AS run, attempts.state AS attempt
         FROM attempts JOIN runs ON runs.id = run JOIN tasks ON tasks.id = attempts.task
         WHERE attempts.id = '{attempt}'"
    ));
    assert_eq!(row["run"], "cancelled");
    assert_eq!(row["attempt"], "settled");
    assert_ne!(row["task"], "in_progress");
    ground.database().assert_events_without_gap();
}

#[tokio::test]
async fn run_cancelled_over_rest_ends_with_its_processes() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let (run, attempt) = begin(&ground, &server, &repository).await;
    let action = json!({ "action": "cancel", "reason": "the wrong task" });
    let answer = server.rest().post(&format!("/api/runs/{run}"), &action).await.fine();
    assert_ended(&ground, &repository, &answer, &attempt);
    assert!(answer["attempt"]["failure"]["message"].as_str().unwrap().contains("the wrong task"), "{answer}");

    let again = server.rest().post(&format!("/api/runs/{run}"), &action).await;
    assert_eq!(again.status, 409, "{again:?}");
    assert_eq!(again.json()["code"], "run_ended");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn run_cancelled_over_mcp_ends_with_its_processes() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let (run, attempt) = begin(&ground, &server, &repository).await;
    let said = server.mcp(Era::Stateless).call("cancel", json!({ "run_id": run })).await;
    assert_ended(&ground, &repository, &said.fine(), &attempt);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn run_of_the_server_cancelled_on_the_command_line_ends_with_its_processes() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let (run, attempt) = begin(&ground, &server, &repository).await;
    let told = ground.cli().run(["cancel", "--json", &run]).await.fine();
    assert_ended(&ground, &repository, &told.json(), &attempt);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn interrupted_command_cancels_its_own_run() {
    let ground = Ground::new();
    let repository = ground.repository();
    let cli = ground.cli().in_folder(repository.path());
    cli.run(["runs"]).await.fine(); // makes the records, so that they can be looked into at once
    let typed = cli.start(["run", "--json", "--executor", "shell", HANG]);
    let attempt = hanging(&ground, "%").await;
    typed.interrupt();
    let told = typed.told().await;
    assert_eq!(told.code, 1, "the work did not succeed: {told:#?}");
    assert_ended(&ground, &repository, &told.json(), &attempt);
    ground.leave();
}

#[tokio::test]
async fn agent_that_hangs_is_ended_at_its_time_limit() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = with(shell(&repository, HANG), json!({ "timeout_s": 1, "wait_s": 45 }));
    let answer = server.rest().execute(&request).await.fine();
    assert_eq!(answer["state"], "failed", "{answer}");
    assert_eq!(answer["attempt"]["failure"]["class"], "timeout", "{answer}");
    assert_eq!(tagged(answer["attempt"]["id"].as_str().unwrap()), []);
    let branch = answer["attempt"]["branch"].as_str().unwrap();
    assert_eq!(repository.file(branch, "begun.txt"), "begun");
    server.stop().await;
    ground.leave();
}
