//! A host that is killed during a run: the next one adopts or repeats its work.

use crate::actors::{recorded_claude, shell, stuck_claude, with};
use jackfield_behaviour::{Ground, Repository, Server, tagged, until, until_told};
use serde_json::{Value, json};

/// Prints, then waits until a file of that name is in its worktree, and prints and writes again.
pub(crate) const PATIENT: &str = "echo one; echo half > half.txt; until [ -e go ]; do sleep 0.05; done; rm go; echo two; echo whole > whole.txt";

pub(crate) async fn state(server: &Server, run: &str, wanted: &str) -> Value {
    let path = format!("/api/runs/{run}");
    until_told(wanted, async || {
        let view = server.rest().get(&path).await.fine();
        (view["run"]["state"] == wanted).then_some(view)
    })
    .await
}

/// The recorded output of the agent of a run.
pub(crate) fn said(ground: &Ground, run: &str) -> Vec<String> {
    let rows = ground.database().rows(&format!(
        "SELECT payload ->> '$.text' AS text FROM run_events WHERE run = '{run}' AND kind = 'text' ORDER BY seq"
    ));
    let lines = rows.iter().filter_map(|row| row["text"].as_str()).flat_map(str::lines);
    lines.map(str::to_owned).collect()
}

/// A run that was begun and whose server was killed while its agent waits.
async fn orphan(ground: &Ground, repository: &Repository, command: &str) -> (String, String) {
    let server = ground.serve().await;
    let handle =
        server.rest().execute(&with(shell(repository, command), json!({ "wait_s": 0 }))).await.fine();
    let run = handle["run_id"].as_str().unwrap().to_owned();
    until("what the agent printed, in the record", || (!said(ground, &run).is_empty()).then_some(())).await;
    let attempt = ground.database().row(&format!("SELECT id FROM attempts WHERE run = '{run}'"));
    server.kill().await;
    (run, attempt["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn agent_that_outlives_its_host_is_adopted_by_the_next_one_without_a_gap() {
    let ground = Ground::new();
    let repository = ground.repository();
    let (run, attempt) = orphan(&ground, &repository, PATIENT).await;
    assert_ne!(tagged(&attempt), [], "agents outlive the host");

    let server = ground.serve().await;
    until("the adoption, on record", || {
        let sql = format!("SELECT COUNT(*) FROM attempts WHERE id = '{attempt}' AND adopted = 1");
        (ground.database().number(&sql) == 1).then_some(())
    })
    .await;
    std::fs::write(ground.worktrees()[0].join("go"), "").unwrap();
    let view = state(&server, &run, "succeeded").await;
    assert_eq!(said(&ground, &run), ["one", "two"], "nothing twice, nothing missing");
    assert_eq!(view["attempts"].as_array().unwrap().len(), 1, "it ran once: {view}");
    let branch = view["attempts"][0]["branch"].as_str().unwrap();
    assert_eq!(
        (repository.file(branch, "half.txt"), repository.file(branch, "whole.txt")),
        ("half".into(), "whole".into())
    );
    assert_eq!(tagged(&attempt), [], "nothing of it runs any more");
    ground.database().assert_events_without_gap();
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn agent_that_ends_without_a_host_keeps_its_result() {
    let ground = Ground::new();
    let repository = ground.repository();
    let (run, attempt) = orphan(&ground, &repository, &format!("{PATIENT}; exit 3")).await;
    std::fs::write(ground.worktrees()[0].join("go"), "").unwrap();
    until("the agent's end", || tagged(&attempt).is_empty().then_some(())).await;

    let server = ground.serve().await;
    let view = state(&server, &run, "failed").await;
    assert_eq!(view["attempts"][0]["exit_code"], 3, "{view}");
    assert_eq!(said(&ground, &run), ["one", "two"]);
    let branch = view["attempts"][0]["branch"].as_str().unwrap();
    assert_eq!(repository.file(branch, "whole.txt"), "whole");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn agent_that_was_lost_after_its_last_word_keeps_its_result() {
    let lingering = recorded_claude("0.02", "echo whole > whole.txt") + "sleep 600\n";
    let ground =
        Ground::new().with("ANTHROPIC_API_KEY", "a-key-of-no-account").with_script("claude", &lingering);
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = json!({
        "instruction": "Write whole.txt", "executor": "claude", "workspace": repository.text(), "wait_s": 0,
    });
    let handle = server.rest().execute(&request).await.fine();
    let (run, attempt) = (handle["run_id"].as_str().unwrap(), handle["attempt"]["id"].as_str().unwrap());
    until("the last word of the agent, on record", || {
        let sql = format!("SELECT COUNT(*) FROM run_events WHERE run = '{run}' AND kind = 'agent_finished'");
        (ground.database().number(&sql) == 1).then_some(())
    })
    .await;
    server.kill().await;
    // No word of its end is left, as when a host ends it and is killed before it settles.
    for process in tagged(attempt) {
        process.kill();
    }
    until("the end of all of it", || tagged(attempt).is_empty().then_some(())).await;

    let server = ground.serve().await;
    let view = state(&server, run, "succeeded").await;
    assert_eq!(view["attempts"].as_array().unwrap().len(), 1, "it ran once: {view}");
    assert_eq!(repository.file(view["attempts"][0]["branch"].as_str().unwrap(), "whole.txt"), "whole");
    assert_eq!(ground.database().ledger(), (20_000, 0), "its cost, and nothing held");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn agent_lost_with_its_host_is_charged_for_its_output_and_started_again() {
    let ground = Ground::new()
        .with("ANTHROPIC_API_KEY", "a-key-of-no-account")
        .with_config("[executors.claude]\nreserve_usd = 0.07\n")
        .with_script("claude", &stuck_claude("echo half > half.txt"));
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = json!({
        "instruction": "Write half.txt", "executor": "claude", "workspace": repository.text(), "wait_s": 0,
    });
    let handle = server.rest().execute(&request).await.fine();
    let run = handle["run_id"].as_str().unwrap().to_owned();
    let attempt = handle["attempt"]["id"].as_str().unwrap().to_owned();
    until("what the agent printed, in the record", || {
        let sql = format!("SELECT COUNT(*) FROM run_events WHERE run = '{run}' AND kind = 'text'");
        (ground.database().number(&sql) > 0).then_some(())
    })
    .await;
    server.kill().await;
    let (spent, held) = ground.database().ledger();
    assert_eq!(spent + held, 70_000, "the money is held while nobody knows");
    // As when the machine goes down: leader and all.
    for process in tagged(&attempt) {
        process.kill();
    }
    until("the end of all of it", || tagged(&attempt).is_empty().then_some(())).await;

    let server = ground.serve().await;
    let second = until_told("the second attempt, at work", async || {
        let view = server.rest().get(&format!("/api/runs/{run}")).await.fine();
        (view["attempts"][1]["state"] == "running").then_some(view)
    })
    .await;
    let first = &second["attempts"][0];
    assert_eq!(
        (&first["outcome"]["process"], &first["outcome"]["delivered"]),
        (&json!("lost"), &json!("diff")),
        "{first}"
    );
    assert_eq!(first["outcome"]["failure"]["class"], "lost", "{first}");
    assert_eq!(repository.file(first["branch"].as_str().unwrap(), "half.txt"), "half");
    let answer = server.rest().post(&format!("/api/runs/{run}"), &json!({ "action": "cancel" })).await.fine();
    assert_eq!(answer["state"], "cancelled");
    let database = ground.database();
    let (spent, held) = database.ledger();
    assert_eq!(held, 0, "the reservations are released");
    assert!(spent > 0 && spent < 140_000, "what the agents are known to have used is charged: {spent}");
    assert_eq!(database.breaker(), (spent, held));
    database.assert_events_without_gap();
    repository.assert_untouched();
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn queued_run_of_a_killed_host_is_executed_by_the_next_one() {
    let ground = Ground::new().with_config("[run]\nmax_concurrent = 1\n");
    let repository = ground.repository();
    let server = ground.serve().await;
    let at_once = json!({ "wait_s": 0 });
    let first = server.rest().execute(&with(shell(&repository, PATIENT), at_once.clone())).await.fine();
    let second = server.rest().execute(&with(shell(&repository, "echo two > two.txt"), at_once)).await.fine();
    assert!(second["next"].as_str().unwrap().contains("1 of 1 in line"), "{second}");
    until("a worktree", || (!ground.worktrees().is_empty()).then_some(())).await;
    server.kill().await;
    let server = ground.serve().await;
    until("the first agent at work", || {
        ground.worktrees().first().is_some_and(|tree| tree.join("half.txt").exists()).then_some(())
    })
    .await;
    std::fs::write(ground.worktrees()[0].join("go"), "").unwrap();
    for run in [&first, &second] {
        state(&server, run["run_id"].as_str().unwrap(), "succeeded").await;
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn host_that_is_killed_repeatedly_never_charges_twice() {
    let ground = Ground::new()
        .with("ANTHROPIC_API_KEY", "a-key-of-no-account")
        .with_script("claude", &recorded_claude("0.01", "echo once > once.txt"));
    let repository = ground.repository();
    let request = json!({ "instruction": "Write", "executor": "claude", "workspace": repository.text() });
    for _ in 0..3 {
        let server = ground.serve().await;
        let handle = server.rest().execute(&with(request.clone(), json!({ "wait_s": 0 }))).await.fine();
        assert!(handle["run_id"].is_string());
        server.kill().await;
    }
    let server = ground.serve().await;
    until_told("three runs, settled", async || {
        let runs = server.rest().get("/api/runs").await.fine();
        let settled = |run: &Value| run["state"] == "failed" || run["state"] == "succeeded";
        let runs = runs.as_array().unwrap();
        (runs.len() == 3 && runs.iter().all(settled)).then_some(())
    })
    .await;
    let database = ground.database();
    let (spent, held) = database.ledger();
    assert_eq!(held, 0);
    assert!((0..=30_000).contains(&spent), "{spent}");
    assert_eq!(database.breaker(), (spent, held));
    let costs = database.number("SELECT COALESCE(SUM(cost), 0) FROM attempts");
    assert_eq!(costs, spent);
    server.stop().await;
    ground.leave();
}
